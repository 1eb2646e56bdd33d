import type { Diagnostic } from "../diagnostic.ts";
import { trimSpaces } from "../text/go-strings.ts";
import { cleanPath } from "./clean-path.ts";
import { patternTokens } from "./pattern-tokens.ts";

/** A line of an ignore file. */
export interface IgnorePattern {
  /** Relative to the root, cleaned, without `!`. */
  readonly pattern: string;
  /** 1-based. */
  readonly line: number;
  /** `!pattern`: what matches is not ignored after all. */
  readonly negated: boolean;
}

export interface IgnoreFile {
  readonly patterns: readonly IgnorePattern[];
  /** Malformed patterns; they match nothing here, and BuildKit refuses them. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a `.dockerignore`. `#` begins a comment in the first column only; blanks around a pattern and one leading slash are
 * dropped.
 */
export function parseIgnoreFile(text: string): IgnoreFile {
  const patterns: IgnorePattern[] = [];
  const diagnostics: Diagnostic[] = [];
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [index, line] of lines.entries()) {
    const pattern = readLine(line, index + 1);
    if (pattern === undefined) continue;
    patterns.push(pattern);
    const message = patternError(pattern);
    if (message !== undefined) diagnostics.push(malformed(line, index + 1, message));
  }
  return { patterns, diagnostics };
}

/** What is wrong with a pattern, in BuildKit's words; undefined where nothing is. */
export function patternError({ pattern, negated }: Pick<IgnorePattern, "pattern" | "negated">): string | undefined {
  if (pattern === "") return negated ? 'illegal exclusion pattern: "!"' : undefined;
  return patternTokens(pattern) === undefined ? "syntax error in pattern" : undefined;
}

function readLine(line: string, number: number): IgnorePattern | undefined {
  if (line.startsWith("#")) return undefined;
  const text = trimSpaces(line);
  if (text === "") return undefined;
  const negated = text.startsWith("!");
  const path = negated ? trimSpaces(text.slice(1)) : text;
  const cleaned = path === "" ? "" : cleanPath(path);
  const pattern = cleaned.length > 1 && cleaned.startsWith("/") ? cleaned.slice(1) : cleaned;
  return { pattern, line: number, negated };
}

function malformed(line: string, number: number, message: string): Diagnostic {
  const range = { start: { line: number, column: 0 }, end: { line: number, column: line.replace(/\r$/, "").length } };
  const hint = message.startsWith("illegal")
    ? "write a pattern behind !"
    : "close every [ with ], and put \\ in front of a literal [";
  return { code: "IGNORE_PATTERN_INVALID", severity: "error", message, range, hint };
}
