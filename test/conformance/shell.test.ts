import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Expansion, type ExpansionError, expand, expandWords } from "@tsbuild/parser";
import { expect } from "vitest";
import { reversePattern, trimMatching } from "../../packages/parser/src/shell/shell-pattern.ts";
import { CONFORMANCE_DIR } from "./cases.ts";
import { eachCase } from "./each-case.ts";

/** Of a list of NAME=value, where the last one wins. */
function lookupIn(env: readonly string[]): (name: string) => string | undefined {
  const values = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf("=");
    if (equals < 0) values.set(entry, "");
    else values.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return (name) => values.get(name);
}

function fileEnv(): readonly string[] {
  const file = resolve(CONFORMANCE_DIR, "shell/envVarTest.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { env: string[] }).env : [];
}

const env = lookupIn(fileEnv());

function textOf(result: Expansion | ExpansionError): string {
  if ("error" in result) throw new Error(result.error);
  return result.text;
}

interface EnvCase {
  readonly id: string;
  readonly platform: "all" | "unix" | "windows";
  readonly input: string;
  readonly expected?: string;
  readonly error?: unknown;
}

eachCase<EnvCase>("shell/envVarTest", ({ platform, input, expected, error }) => {
  const lookup = platform === "windows" ? (name: string) => env(name.toUpperCase()) : env;
  const result = expand(input, lookup);
  if (error === undefined) expect(textOf(result)).toBe(expected);
  else expect(result).toHaveProperty("error");
});

interface WordsCase {
  readonly id: string;
  readonly input: string;
  readonly env: readonly string[];
  readonly expected?: readonly string[];
  readonly error?: unknown;
}

eachCase<WordsCase>("shell/wordsTest", ({ input, env: list, expected, error }) => {
  const result = expandWords(input, lookupIn(list));
  if (error !== undefined) expect(result).toHaveProperty("error");
  else expect(result).toMatchObject({ words: expected });
});

interface MatchesCase {
  readonly id: string;
  readonly input: string;
  readonly env: Readonly<Record<string, string>>;
  readonly expected?: string;
  readonly error?: unknown;
  readonly error_contains?: string;
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
}

function checkMatches(input: MatchesCase): void {
  const values = new Map(Object.entries(input.env));
  const result = expand(input.input, (name) => values.get(name));
  if (input.error !== undefined || input.error_contains !== undefined) {
    expect(result).toHaveProperty("error");
    if (input.error_contains !== undefined) expect("error" in result && result.error).toContain(input.error_contains);
    return;
  }
  expect(textOf(result)).toBe(input.expected);
  if (input.matched !== undefined) expect("error" in result ? [] : [...result.matched].sort()).toEqual(input.matched);
  if (input.unmatched !== undefined)
    expect("error" in result ? [] : [...result.unmatched].sort()).toEqual(input.unmatched);
}

eachCase<MatchesCase>("shell/matches", checkMatches);
eachCase<MatchesCase>("shell/mandatory", checkMatches);

eachCase<{ id: string; env: string[]; name: string; expected: string }>(
  "shell/getenv",
  ({ env: list, name, expected }) => {
    expect(textOf(expand(`\${${name}}`, lookupIn(list)))).toBe(expected);
  },
);

interface PatternCase {
  readonly id: string;
  readonly pattern: string;
  readonly regex?: string;
  readonly error?: unknown;
}

/** Only the meaning of the pattern counts: it must take away what the regular expression matches. */
const SAMPLES = ["", "a", "*", "?", "\\", "ab*c?d", "**", "a\\b", "abc/def", "a.b", "[a]{1}", "x}y"];

eachCase<PatternCase>("shell/pattern_regex", ({ pattern, regex, error }) => {
  if (error !== undefined) {
    expect(() => trimMatching(pattern, "value", { greedy: true, end: false })).toThrow();
    return;
  }
  for (const sample of SAMPLES) {
    const rest = sample.replace(new RegExp(regex ?? "", "u"), "");
    expect(trimMatching(pattern, sample, { greedy: true, end: false })).toBe(rest);
  }
});

eachCase<{ id: string; input: string; expected: string }>("shell/reverse_pattern", ({ input, expected }) => {
  expect(reversePattern(input)).toBe(expected);
});
