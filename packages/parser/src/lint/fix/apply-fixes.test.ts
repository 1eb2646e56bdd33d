import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnostic, Fix } from "../../diagnostic.ts";
import { parseDockerfile } from "../../parse.ts";
import { ALL_RULES } from "../tsbuild-rules.ts";
import { applyFixes } from "./apply-fixes.ts";
import { fixDockerfile } from "./fix-dockerfile.ts";

/** A diagnostic whose fix has edits on line 1: from, to, text. */
function fixing(edits: readonly (readonly [number, number, string])[], unsafe = false): Diagnostic {
  const at = (column: number) => ({ line: 1, column });
  const fix: Fix = {
    title: "mend",
    edits: edits.map(([from, to, newText]) => ({ range: { start: at(from), end: at(to) }, newText })),
    ...(unsafe ? { unsafe } : {}),
  };
  return { code: "X", severity: "warning", message: "x", range: { start: at(0), end: at(0) }, fix };
}

describe("applyFixes", () => {
  test.each<[string, Diagnostic[], string, number]>([
    ["none", [], "abcdef", 0],
    ["in any order", [fixing([[3, 4, "D"]]), fixing([[0, 1, "A"]])], "AbcDef", 2],
    ["of two that overlap the first", [fixing([[1, 4, "x"]]), fixing([[3, 5, "y"]])], "axef", 1],
    ["of two insertions at one place the first", [fixing([[2, 2, "x"]]), fixing([[2, 2, "y"]])], "abxcdef", 1],
    [
      "whole or not at all",
      [
        fixing([[1, 2, "x"]]),
        fixing([
          [0, 1, "y"],
          [1, 2, "z"],
        ]),
      ],
      "yzcdef",
      1,
    ],
    [
      "none that overlaps itself",
      [
        fixing([
          [0, 3, "x"],
          [2, 4, "y"],
        ]),
      ],
      "abcdef",
      0,
    ],
    ["none that is unsafe", [fixing([[0, 1, "x"]], true)], "abcdef", 0],
    ["behind the end", [fixing([[6, 99, "x"]])], "abcdefx", 1],
  ])("%s", (_, diagnostics, expected, count) => {
    const { text, applied, skipped } = applyFixes("abcdef", diagnostics);
    expect(text).toBe(expected);
    expect(applied.length).toBe(count);
    expect(applied.length + skipped.length).toBe(diagnostics.length);
  });
});

const lines = fc.constantFrom(
  "FROM alpine as Base\n",
  "from debian:12\n",
  "RUN apt update && \\\n\n  apt install a\n",
  "RUN apt-get install b\n",
  "RUN pip install c; apk add d\n",
  "RUN <<EOF\napt install x\n  apk add y\nEOF\n",
  "cmd node x.js\n",
  "CMD ['a', 'b']\n",
  "ENTRYPOINT exec a -b\r\n",
  "EXPOSE 80/TCP 81/Udp\n",
  "ENV a b c\n",
  "ENV a b=c\n",
  "LABEL x 'y'\n",
  'MAINTAINER me "and" \\\n you\n',
  "ADD a \\\n  b c\n",
  "COPY a b ./c\n",
  'COPY ["a", "b", "c"]\n',
  "FROM --platform=$TARGETPLATFORM base\n",
  "RUN useradd -u 1000000 a # b\n",
  "RUN dnf install e \\\n  # why\n  f\n",
  "ONBUILD RUN apt install g\n",
);
const dockerfiles = fc.array(lines, { maxLength: 12 }).map((parts) => `FROM alpine:3\n${parts.join("")}`);

describe("fixDockerfile", () => {
  test("writes what parses to as many instructions of the same kinds, and has nothing left to do", () => {
    fc.assert(
      fc.property(dockerfiles, fc.boolean(), (text, unsafe) => {
        const options = { rules: ALL_RULES, unsafe };
        const before = parseDockerfile(text);
        const { text: mended, remaining } = fixDockerfile(text, options);
        const after = parseDockerfile(mended);
        expect(after.diagnostics.length).toBeLessThanOrEqual(before.diagnostics.length);
        expect(keywords(after)).toEqual(keywords(before));
        const again = fixDockerfile(mended, options);
        expect(again.text).toBe(mended);
        expect(again.remaining).toEqual(remaining);
        expect(remaining.filter(({ fix }) => fix !== undefined && (unsafe || !fix.unsafe))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("a text without findings stays as it is, to the last character", () => {
    const text = "\ufeff# note\r\nFROM  alpine:3\r\n\r\nCOPY a\tb";
    expect(fixDockerfile(text, { rules: ALL_RULES })).toEqual({ text, applied: [], remaining: [] });
  });

  test.each([
    [
      "FROM a:1\nRUN apt update && \\\n\n\n  apt install b\n",
      "FROM a:1\nRUN apt-get update && \\\n  apt-get install -y b\n",
    ],
    ["\ufeffFROM a:1 as b\nADD \\\n  c d\n", "\ufeffFROM a:1 AS b\nCOPY \\\n  c d\n"],
    ["FROM a:1\r\nEXPOSE 80/TCP\r\n", "FROM a:1\r\nEXPOSE 80/tcp\r\n"],
    ["FROM a:1\nRUN <<EOF\n  apk add b\nEOF\n", "FROM a:1\nRUN <<EOF\n  apk add --no-cache b\nEOF\n"],
    ["FROM a:1\nRUN npm ci \\\n  --omit=dev\n", "FROM a:1\nRUN npm ci \\\n  --omit=dev && npm cache clean --force\n"],
    ["FROM a:1\nRUN npm ci; x\n", "FROM a:1\nRUN npm ci; x\n"],
    ["FROM a:1\nENTRYPOINT a\nCMD b\n", "FROM a:1\nENTRYPOINT a\nCMD b\n"],
    ["FROM a:1\nCMD a && b\n", "FROM a:1\nCMD a && b\n"],
    ["FROM a:1\nCMD exec a -b c=d\n", 'FROM a:1\nCMD ["a", "-b", "c=d"]\n'],
  ])("%j", (text, mended) => {
    expect(fixDockerfile(text, { rules: ALL_RULES }).text).toBe(mended);
  });
});

/** Those that a fix renames are one. */
function keywords({ syntax }: ReturnType<typeof parseDockerfile>): string[] {
  const renamed: Readonly<Record<string, string>> = { add: "copy", maintainer: "label" };
  return syntax.nodes.map(({ keyword }) => renamed[keyword.text.toLowerCase()] ?? keyword.text.toLowerCase());
}
