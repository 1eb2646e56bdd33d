import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dockerfileLikeTexts, untidyDockerfiles } from "../../../../test/support/arbitrary-dockerfile.ts";
import { withoutRanges } from "../../../../test/support/without-ranges.ts";
import { parseDockerfile } from "../parse.ts";
import { printDockerfile } from "./print-dockerfile.ts";

function treeOf(text: string): unknown {
  const { dockerfile, syntax } = parseDockerfile(text);
  return withoutRanges({ dockerfile, nodes: syntax.nodes });
}

describe("printDockerfile", () => {
  test.each([
    ["FROM a\n", "FROM a\n"],
    ["#syntax = x\n\n\n# note\nRUN  a \\\n  b\n", "# syntax=x\n\n# note\nRUN  a   b\n"],
    ["\n# escape=`\nFROM a", "\n# escape=`\nFROM a\n"],
    ["\ufeffFROM a", "FROM a\n"],
    ["FROM a\nCOPY <<A <<-B /\n  a\nA\n\tb\n\tB\nCMD x", "FROM a\nCOPY <<A <<-B /\n  a\nA\n\tb\nB\nCMD x\n"],
    ["FROM a\nRUN a\\ \\", "FROM a\nRUN a\\ \\\n"],
  ])("%j", (text, printed) => {
    expect(printDockerfile(parseDockerfile(text))).toBe(printed);
  });

  test("breaks lines that would be too long to read", () => {
    const text = `FROM a\nRUN ${"echo 0123456789 && \\\n".repeat(5000)}true\n`;
    const printed = printDockerfile(parseDockerfile(text));
    expect(parseDockerfile(printed).diagnostics).toEqual([]);
    expect(treeOf(printed)).toEqual(treeOf(text));
  });

  test("what is printed has the tree of what was read", () => {
    fc.assert(
      fc.property(fc.oneof(dockerfileLikeTexts, untidyDockerfiles, fc.string({ unit: "binary" })), (text) => {
        expect(treeOf(printDockerfile(parseDockerfile(text)))).toEqual(treeOf(text));
      }),
      { numRuns: 3000 },
    );
  });
});
