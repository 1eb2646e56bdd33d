import { describe, expect, test } from "vitest";
import { describedBy, detectSyntax, parseDockerfile } from "./index.ts";

function errorsOf(text: string): (readonly [number, string, string | undefined])[] {
  return parseDockerfile(text).diagnostics.map(
    ({ range, message, hint }) => [range.start.line, message, hint] as const,
  );
}

describe("parseDockerfile", () => {
  test("reads on behind a broken instruction", () => {
    const { dockerfile, diagnostics } = parseDockerfile(
      "FROM a\nENV x\nCOPY a\nRUN ok\nFROM b AS 1\nRUN lost\nFROM c\nUSER d",
    );
    expect(diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([
      ["VALUE_MISSING", 2],
      ["ARGUMENT_MISSING", 3],
      ["STAGE_NAME_INVALID", 5],
    ]);
    expect(
      dockerfile.stages.map(({ from, instructions }) => [from.image.text, instructions.map(({ source }) => source)]),
    ).toEqual([
      ["a", ["RUN ok"]],
      ["c", ["USER d"]],
    ]);
  });

  test.each([
    ["", "file with no instructions"],
    ["RUN x", "no build stage in current context"],
    ["# escape=x\nFROM a", "invalid escape token 'x' does not match ` or \\"],
    ["# syntax=a\n# syntax=b\nFROM a", "only one syntax parser directive can be used"],
    ["FROM a b", "FROM requires either one or three arguments"],
    ["FROM a\nRUN --network=hots x", 'invalid network mode "hots"'],
    ["FROM a\nCOPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe"],
    ["FROM a\nCOPY --chown a b", "missing a value on flag: --chown"],
    ["FROM a\nCOPY --chown=a --chown=b a b", "duplicate flag specified: --chown"],
    ["FROM a\nHEALTHCHECK --interval=1us CMD x", 'Interval "interval" cannot be less than 1ms'],
    ["FROM a\nHEALTHCHECK x", 'Unknown type "X" in HEALTHCHECK (try CMD)'],
    ["FROM a\nSHELL sh -c", "SHELL requires the arguments to be in JSON form"],
    ["FROM a\nRUN <<EOF\nx", "unterminated heredoc"],
    ["FROM a\nfrmo x", "unknown instruction: frmo (did you mean from?)"],
    ["FROM a\nENV a=b c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value'],
  ])("%j: %s", (text, message) => {
    expect(errorsOf(text).map(([, found]) => found)).toEqual([message]);
  });

  test("says exactly where things stand, over continuations and comments too", () => {
    const text = "FROM a\r\nCOPY --from=x \\\r\n  # comment\r\n  src \\\r\n  dst\r\n";
    const [copy] = parseDockerfile(text).dockerfile.stages[0]?.instructions ?? [];
    expect(copy?.range).toEqual({ start: { line: 2, column: 0 }, end: { line: 5, column: 5 } });
    expect(copy?.flags[0]?.range).toEqual({ start: { line: 2, column: 5 }, end: { line: 2, column: 13 } });
    expect(copy?.kind === "copy" && copy.destination.range).toEqual({
      start: { line: 5, column: 2 },
      end: { line: 5, column: 5 },
    });
  });

  test("keeps an ONBUILD whose trigger is broken: that shows only when it runs", () => {
    const { dockerfile, diagnostics } = parseDockerfile("FROM a\nONBUILD FOO bar\nONBUILD RUN <<EOF\nx\nEOF");
    expect(diagnostics).toEqual([]);
    const triggers = dockerfile.stages[0]?.instructions.map(
      (one) => one.kind === "onbuild" && [one.expression, one.instruction?.kind],
    );
    expect(triggers).toEqual([
      ["FOO bar", undefined],
      ["RUN <<EOF\nx\nEOF", "run"],
    ]);
  });

  test("reads Windows paths with the other escape character", () => {
    const { dockerfile } = parseDockerfile("# escape=`\nFROM a\nCOPY a C:\\dir\\\nRUN one `\n  two");
    expect(dockerfile.stages[0]?.instructions.map(({ source }) => source)).toEqual([
      "COPY a C:\\dir\\",
      "RUN one   two",
    ]);
  });
});

test("a syntax directive is found in any language", () => {
  expect(detectSyntax("#!/bin/node\n// syntax=my/frontend:1 x")).toEqual({
    image: "my/frontend:1",
    value: "my/frontend:1 x",
    line: 2,
  });
});

test("a comment that begins with a name describes it", () => {
  expect(describedBy(["other", "base is the base"], "base")).toBe("is the base");
});
