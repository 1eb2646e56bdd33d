// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the subject of these tests is texts with ${}
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand, expandWords } from "./index.ts";

const ENV: Readonly<Record<string, string>> = {
  name: "value",
  empty: "",
  path: "/usr/local/bin",
  lines: "one\ntwo",
  wide: "\u{1f600}b",
};

function textOf(word: string, options = {}): string {
  const result = expand(word, (name) => ENV[name], options);
  return "error" in result ? `error: ${result.error}` : result.text;
}

describe("expand", () => {
  test.each([
    ["plain", "plain"],
    ["$name-${name}", "value-value"],
    ["'$name'\"$name\"\\$name", "$namevalue$name"],
    ["${none:-default} ${empty:-default} ${empty-default}", "default default "],
    ["${name:+yes}${none:+no}${empty+set}", "yesset"],
    ["${path#*/} ${path##*/} ${path%/*} ${path%%/*}", "usr/local/bin bin /usr/local "],
    ["${path/\\/usr/x} ${path//l/L}", "x/local/bin /usr/LocaL/bin"],
    ["${lines#*}", "one\ntwo"],
    ["${lines##*}", "\ntwo"],
    ["${wide#?}", "b"],
    ["${none:-${empty:-$name}}", "value"],
    ["$", "$"],
    ["$1$", "$"],
  ])("%s", (word, expected) => {
    expect(textOf(word)).toBe(expected);
  });

  test.each([
    ["${", "error: failed to process \"${\": syntax error: missing '}'"],
    ["${name:#x}", 'error: failed to process "${name:#x}": unsupported modifier (:#) in substitution'],
    ["${none:?no ${name}}", 'error: failed to process "${none:?no ${name}}": none: no value'],
    ['"a', 'error: failed to process "\\"a": unexpected end of statement while looking for matching double-quote'],
  ])("tells what is wrong with %s", (word, expected) => {
    expect(textOf(word)).toBe(expected);
  });

  test("has a mode for the bodies of here-documents, where quotes mean nothing", () => {
    expect(textOf(`'$name' "\${none:-x}"`, { mode: "heredoc" })).toBe(`'value' "x"`);
  });

  test("can leave what is not set", () => {
    expect(textOf("$none ${none:-x} $name", { keepUnset: true })).toBe("$none ${none:-x} value");
  });

  test("names the variables that are not set", () => {
    expect(expand("$none ${other:-x} $name", (name) => ENV[name])).toMatchObject({
      matched: ["name"],
      unmatched: ["none", "other"],
    });
  });

  test("honours the other escape character", () => {
    expect(textOf("`$name C:\\dir", { escape: "`" })).toBe("$name C:\\dir");
  });

  test("never throws", () => {
    const parts = fc.constantFrom(
      "$",
      "{",
      "}",
      ":",
      "-",
      "#",
      "%",
      "/",
      "*",
      "?",
      "\\",
      "'",
      '"',
      "name",
      " ",
      "<",
      "0",
      "\u{1f600}",
      "\ud800",
    );
    const words = fc.array(parts, { maxLength: 30 }).map((list) => list.join(""));
    fc.assert(
      fc.property(words, (word) => {
        expand(word, (name) => ENV[name]);
        expandWords(word, (name) => ENV[name]);
      }),
      { numRuns: 3000 },
    );
  });

  test("an error where variables make a word longer than a process can be given", () => {
    const long = "x".repeat(100_000);
    expect(expand("$a", () => long)).toMatchObject({ text: long });
    expect(expand("$a$a", () => long)).toMatchObject({ error: expect.stringContaining("characters of variables") });
    expect(expand(`\${a//x/$a}`, () => long)).toMatchObject({ error: expect.stringContaining("too long") });
  });

  test("takes its time from the product of the lengths, not from a power", () => {
    const value = "a".repeat(2000);
    const pattern = "*a".repeat(200);
    expect(expand(`\${v%%${pattern}b}`, () => value)).toMatchObject({ text: value });
    expect(expand(`\${v//${pattern}b/x}`, () => value)).toMatchObject({ text: value });
  });
});

describe("expandWords", () => {
  test("splits what comes out, but not what is quoted", () => {
    const env = (name: string) => (name === "list" ? "a  b" : undefined);
    expect(expandWords('$list "$list" c\\ d', env)).toMatchObject({ words: ["a", "b", "a  b", "c d"] });
  });
});
