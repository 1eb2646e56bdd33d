import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIgnoreFile } from "./ignore-file.ts";
import { createIgnoreMatcher } from "./ignore-matcher.ts";
import { patternMeaning } from "./pattern-regex.ts";
import { patternTokens } from "./pattern-tokens.ts";

/** The meaning of a pattern tried one by one on the path and each folder above it. */
function naiveMatch(pattern: string, path: string): boolean {
  const meaning = patternMeaning(pattern);
  switch (meaning.kind) {
    case "exact":
      return path === meaning.text;
    case "prefix":
      return path.startsWith(meaning.text);
    case "suffix":
      return path.endsWith(meaning.text) || (meaning.text.startsWith("/") && path === meaning.text.slice(1));
    case "regexp":
      return new RegExp(meaning.text, "s").test(path);
  }
}

function naiveIgnores(patterns: readonly string[], path: string): boolean {
  const parts = path.split("/");
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  let ignored = false;
  for (const text of patterns) {
    const negated = text.startsWith("!");
    const pattern = negated ? text.slice(1) : text;
    if (prefixes.some((prefix) => naiveMatch(pattern, prefix))) ignored = !negated;
  }
  return ignored;
}

const names = fc.constantFrom("a", "b", "ab", "a.b", "x+y", "(c)");
const pieces = fc.constantFrom(
  "a",
  "b",
  "ab",
  "a.b",
  "*",
  "**",
  "?",
  "[ab]",
  "[^a]",
  "a*",
  "*b",
  "**b",
  "x+y",
  "(c)",
  "\\*",
);
const paths = fc.array(names, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const patterns = fc
  .tuple(fc.boolean(), fc.array(pieces, { minLength: 1, maxLength: 4 }))
  .map(([negated, parts]) => (negated ? "!" : "") + parts.join("/"));

describe("createIgnoreMatcher", () => {
  test("agrees with trying the patterns one by one", () => {
    fc.assert(
      fc.property(fc.array(patterns, { maxLength: 5 }), paths, (list, path) => {
        expect(createIgnoreMatcher(list).ignores(path)).toBe(naiveIgnores(list, path));
      }),
      { numRuns: 3000 },
    );
  });

  test("lets a walk skip only folders with nothing to include", () => {
    fc.assert(
      fc.property(fc.array(patterns, { maxLength: 5 }), paths, paths, (list, folder, below) => {
        const matcher = createIgnoreMatcher(list);
        if (!matcher.mayContainIncluded(folder)) expect(matcher.ignores(`${folder}/${below}`)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    [["node_modules"], "node_modules", false],
    [["node_modules", "!node_modules/keep"], "node_modules", true],
    [["node_modules", "!dist"], "node_modules", false],
    [["*", "!src/**/*.ts"], "src/deep", true],
    [["*", "!src/**/*.ts"], "docs", false],
    [[], "any", true],
  ])("%j: does a walk visit %s? %s", (list, folder, expected) => {
    expect(createIgnoreMatcher(list).mayContainIncluded(folder)).toBe(expected);
  });

  test("tells which line decides", () => {
    const { patterns: list } = parseIgnoreFile("# comment\n*.log\n!keep.log\n");
    const matcher = createIgnoreMatcher(list);
    expect(matcher.explain("a.log")).toEqual({ pattern: "*.log", line: 2, negated: false });
    expect(matcher.explain("keep.log")).toEqual({ pattern: "keep.log", line: 3, negated: true });
    expect(matcher.explain("other")).toBeUndefined();
  });

  test("reports malformed patterns with their line and goes on without them", () => {
    const { patterns: list, diagnostics } = parseIgnoreFile("[a\n!\n*.log\r\n[z-a]");
    expect(diagnostics.map(({ message, range }) => [range.start.line, message])).toEqual([
      [1, "syntax error in pattern"],
      [2, 'illegal exclusion pattern: "!"'],
      [4, "syntax error in pattern"],
    ]);
    expect(createIgnoreMatcher(list).ignores("x.log")).toBe(true);
  });

  test("follows BuildKit where it leaves characters of regular expressions unescaped", () => {
    const matches = (pattern: string, path: string) => createIgnoreMatcher([pattern]).ignores(path);
    expect(matches("a|b*", "axyz")).toBe(true);
    expect(matches("ab{2}?", "abbx")).toBe(true);
    expect(matches("a{x*", "a{xy")).toBe(true);
    expect(matches("a^b*", "a^b")).toBe(false);
    expect(matches("[[:digit:]]*", "7z")).toBe(true);
    expect(patternTokens("\\q*")).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab/*?[]^-\\!{}1,|.$+() ") }), fc.string(), (pattern, path) => {
        const matcher = createIgnoreMatcher(parseIgnoreFile(pattern).patterns);
        matcher.ignores(path);
        matcher.mayContainIncluded(path);
      }),
      { numRuns: 2000 },
    );
  });

  test("does not slow down on patterns that make regular expressions backtrack", () => {
    const matcher = createIgnoreMatcher([`${"*a".repeat(30)}b`, `${"**/a/".repeat(30)}b`]);
    expect(matcher.ignores("a".repeat(4000))).toBe(false);
    expect(matcher.ignores("a/".repeat(2000))).toBe(false);
  });
});
