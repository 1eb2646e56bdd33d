import { type ExpandOptions, expand, expandWords, type Range } from "@tsbuild/parser";
import { mistake } from "./dockerfile-error.ts";

/** Variables that words are expanded with. */
export type Variables = ReadonlyMap<string, string>;

/** How a file writes its words. */
export interface WordOptions {
  readonly escape: "\\" | "`";
  /** Where the word stands, for errors. */
  readonly range: Range;
}

/**
 * A word with its variables filled in and its quotes removed.
 * @throws DockerfileError
 */
export function expandWord(text: string, variables: Variables, options: WordOptions): string {
  return expandAs(text, variables, { escape: options.escape }, options.range);
}

/**
 * The body of a here-document with its variables filled in: quotes stay as they are.
 * @throws DockerfileError
 */
export function expandBody(text: string, variables: Variables, { range }: WordOptions): string {
  return expandAs(text, variables, { mode: "heredoc" }, range);
}

/**
 * As `expandWord`, but what a variable brings in may be several words.
 * @throws DockerfileError
 */
export function expandToWords(text: string, variables: Variables, options: WordOptions): readonly string[] {
  const result = expandWords(text, (name) => variables.get(name), { escape: options.escape });
  if ("error" in result) throw mistake(result.error, options.range, { code: "EXPANSION_FAILED" });
  return result.words;
}

/** An instruction's text for people: variables filled in where that works, else as it is written. */
export function expandForDisplay(text: string, variables: Variables, options: ExpandOptions): string {
  const result = expand(text, (name) => variables.get(name), options);
  return "error" in result ? text : result.text;
}

/** `NAME=value` texts as a map; a name without `=` has an empty value. */
export function variablesOf(entries: readonly string[] | undefined): Map<string, string> {
  return new Map((entries ?? []).map(splitEntry));
}

/** `entries` with `name` set: in its old place, else at the end. */
export function withEntry(entries: readonly string[] | undefined, name: string, value: string): readonly string[] {
  const entry = `${name}=${value}`;
  const at = (entries ?? []).findIndex((old) => splitEntry(old)[0] === name);
  return at < 0 ? [...(entries ?? []), entry] : (entries ?? []).with(at, entry);
}

function splitEntry(entry: string): [name: string, value: string] {
  const at = entry.indexOf("=");
  return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
}

function expandAs(text: string, variables: Variables, options: ExpandOptions, range: Range): string {
  const result = expand(text, (name) => variables.get(name), options);
  if ("error" in result) throw mistake(result.error, range, { code: "EXPANSION_FAILED" });
  return result.text;
}
