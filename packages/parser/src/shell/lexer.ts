import { quote } from "../text/go-strings.ts";
import { checkLength, type LexOptions, type LexState, type Lookup, MAX_GROWTH, ShellError } from "./lex-state.ts";
import { createRuneReader } from "./rune-reader.ts";
import { readSubstitution } from "./substitution.ts";
import { createWordList } from "./word-list.ts";

export interface LexResult {
  readonly text: string;
  readonly words: readonly string[];
  /** Names of the variables that were looked up and found, in order of first use. */
  readonly matched: readonly string[];
  readonly unmatched: readonly string[];
}

export const DEFAULT_LEX_OPTIONS: LexOptions = {
  escape: "\\",
  rawQuotes: false,
  rawEscapes: false,
  ignoreQuotes: false,
  keepUnset: false,
  splits: true,
};

/**
 * Removes quotes, expands variables and splits into words, as BuildKit's shell lexer does.
 * @throws ShellError with BuildKit's message
 */
export function lex(word: string, lookup: Lookup, options: LexOptions): LexResult {
  const matched = new Set<string>();
  const unmatched = new Set<string>();
  const get: Lookup = (name) => {
    const value = lookup(name);
    (value === undefined ? unmatched : matched).add(name);
    return value;
  };
  try {
    const reader = createRuneReader(word);
    const maxLength = word.length + MAX_GROWTH;
    const { text, words } = readUntil("", { ...options, reader, get, readUntil, depth: 0, maxLength });
    return { text, words, matched: [...matched], unmatched: [...unmatched] };
  } catch (error) {
    if (error instanceof ShellError) {
      throw new ShellError(`failed to process ${quote(word)}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** Reads up to and over `stop`, or to the end of the text where `stop` is empty. */
function readUntil(stop: string, state: LexState): { text: string; words: string[] } {
  const { reader, escape: escapeToken } = state;
  const words = createWordList();
  let text = "";
  for (let char = reader.peek(); char !== ""; char = reader.peek()) {
    if (char === stop) {
      reader.next();
      return { text, words: words.finish() };
    }
    if (char === "$") {
      const value = readSubstitution(state);
      text += value;
      checkLength(text, state);
      if (state.splits) words.addText(value);
      continue;
    }
    const special = readSpecial(char, state);
    if (special !== undefined) {
      text += special;
      words.addRaw(special);
      continue;
    }
    reader.next();
    if (char === escapeToken) {
      const kept = state.rawEscapes ? char + reader.next() : reader.next();
      text += kept;
      words.addRaw(kept);
    } else {
      text += char;
      words.addChar(char);
    }
  }
  if (stop !== "") throw new ShellError(`unexpected end of statement while looking for matching ${stop}`);
  return { text, words: words.finish() };
}

/** A quoted string or the start of a here-document; undefined where `char` is neither. */
function readSpecial(char: string, state: LexState): string | undefined {
  if (char === "<") return readPossibleHeredoc(state);
  if (state.ignoreQuotes) return undefined;
  if (char === "'") return readSingleQuoted(state);
  return char === '"' ? readDoubleQuoted(state) : undefined;
}

/** `<< EOF` is one word: the blanks behind `<<` part nothing. */
function readPossibleHeredoc({ reader }: LexState): string {
  reader.next();
  if (reader.peek() !== "<") return "<";
  reader.next();
  let text = "<<";
  for (let char = reader.peek(); char === "\t" || char === "\r" || char === " "; char = reader.peek()) {
    text += reader.next();
  }
  return text;
}

function readSingleQuoted({ reader, rawQuotes }: LexState): string {
  reader.next();
  let text = "";
  for (let char = reader.next(); char !== "'"; char = reader.next()) {
    if (char === "") throw new ShellError("unexpected end of statement while looking for matching single-quote");
    text += char;
  }
  return rawQuotes ? `'${text}'` : text;
}

function readDoubleQuoted(state: LexState): string {
  const { reader, rawQuotes } = state;
  reader.next();
  let text = "";
  for (let char = reader.peek(); char !== '"'; char = reader.peek()) {
    if (char === "") throw new ShellError("unexpected end of statement while looking for matching double-quote");
    text += char === "$" ? readSubstitution(state) : readInDoubleQuotes(state);
    checkLength(text, state);
  }
  reader.next();
  return rawQuotes ? `"${text}"` : text;
}

/** One character, with the escape character in front of it: that escapes `"`, `$` and itself and is literal before others. */
function readInDoubleQuotes({ reader, escape: escapeToken, rawEscapes }: LexState): string {
  const char = reader.next();
  if (char !== escapeToken) return char;
  const prefix = rawEscapes ? char : "";
  const following = reader.peek();
  if (following === "") return prefix;
  const escaped = following === '"' || following === "$" || following === escapeToken;
  return prefix + (escaped ? reader.next() : char);
}
