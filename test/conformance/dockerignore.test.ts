import { createIgnoreMatcher, goMatch, parseIgnoreFile, patternError } from "@tsbuild/parser";
import { expect } from "vitest";
import { patternMeaning } from "../../packages/parser/src/ignore/pattern-regex.ts";
import { eachCase } from "./each-case.ts";

interface MatchCase {
  readonly id: string;
  readonly patterns: readonly string[];
  readonly path: string;
  readonly expected?: boolean;
  readonly error?: unknown;
}

/** The first error among patterns that are written as in `--exclude`. */
function errorOf(patterns: readonly string[]): string | undefined {
  for (const text of patterns) {
    const negated = text.startsWith("!");
    const error = patternError({ pattern: (negated ? text.slice(1) : text).replace(/(.)\/$/, "$1"), negated });
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkMatch({ patterns, path, expected, error }: MatchCase): void {
  expect(errorOf(patterns) !== undefined).toBe(error !== undefined);
  if (typeof error === "string") expect(errorOf(patterns)).toBe(error);
  expect(createIgnoreMatcher(patterns).ignores(path)).toBe(expected ?? false);
}

eachCase<MatchCase>("dockerignore/matches", checkMatch);
eachCase<MatchCase>("dockerignore/simple", checkMatch);

eachCase<MatchCase>("dockerignore/glob", (input) => {
  checkMatch(input);
  const [pattern = ""] = input.patterns;
  // The same patterns are Go's own for `filepath.Match`, which differs only where a folder above the path matches.
  if (input.error !== undefined) expect(goMatch(pattern, input.path)).toHaveProperty("error");
  else if (!input.path.includes("/")) expect(goMatch(pattern, input.path)).toBe(input.expected);
});

interface CleanCase {
  readonly id: string;
  readonly patterns: readonly string[];
  readonly count?: number;
  readonly exceptions?: boolean;
  readonly error?: unknown;
}

eachCase<CleanCase>("dockerignore/clean", ({ patterns, count, exceptions, error }) => {
  const { patterns: found, diagnostics } = parseIgnoreFile(patterns.join("\n"));
  if (count !== undefined) expect(found).toHaveLength(count);
  if (exceptions !== undefined) expect(createIgnoreMatcher(patterns).hasNegations).toBe(exceptions);
  expect(diagnostics.length > 0).toBe(error !== undefined);
});

interface CompileCase {
  readonly id: string;
  readonly pattern: string;
  readonly matchType: string;
  readonly regexp: string | null;
}

eachCase<CompileCase>("dockerignore/compile", ({ pattern, matchType, regexp }) => {
  const meaning = patternMeaning(pattern);
  expect(meaning.kind).toBe(matchType);
  if (regexp !== null) expect(meaning.text).toBe(regexp);
});

eachCase<{ id: string; content: string; expected: string[] }>("dockerignore/ignorefile", ({ content, expected }) => {
  const { patterns } = parseIgnoreFile(content);
  expect(patterns.map(({ pattern, negated }) => (negated ? `!${pattern}` : pattern))).toEqual(expected);
});
