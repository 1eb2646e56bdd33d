import type { RuneReader } from "./rune-reader.ts";

/** Gives a variable's value; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface LexOptions {
  readonly escape: "\\" | "`";
  /** Quotes stay in the result. */
  readonly rawQuotes: boolean;
  /** Escape characters stay in the result. */
  readonly rawEscapes: boolean;
  /** Quotes are ordinary characters. */
  readonly ignoreQuotes: boolean;
  /** References to variables that are not set stay as they are. */
  readonly keepUnset: boolean;
  /** Collects words; without, only the text is right. */
  readonly splits: boolean;
}

/** What is being read, and with which rules. */
export interface LexState extends LexOptions {
  readonly reader: RuneReader;
  readonly get: Lookup;
  /** Reads up to and over `stop`: words hold substitutions and substitutions hold words, so each is handed to the other. */
  readonly readUntil: (stop: string, state: LexState) => { readonly text: string };
  /** How deep in `${a:-${b:-...}}` the reader is. */
  readonly depth: number;
  /** Longer texts are an error. */
  readonly maxLength: number;
}

/** Ends the reading of a text that variables have made too long. */
export function checkLength(text: string, { maxLength }: LexState): void {
  if (text.length > maxLength) throw new ShellError(`more than ${MAX_GROWTH} characters of variables`);
}

/**
 * What variables may add to one word: no process can be given a longer one on Linux. Without a limit, some lines of
 * `ENV A=$A$A` fill the memory.
 */
export const MAX_GROWTH = 131_072;

/** Ends the reading of one word; the callers of `lex` turn it into a result. */
export class ShellError extends Error {
  override readonly name: string = "ShellError";
}
