import type { Fix } from "../../diagnostic.ts";
import type { LintRule } from "../rule.ts";

export const noEmptyContinuation: LintRule = {
  id: "NoEmptyContinuation",
  title: "Empty continuation lines will become errors in a future release",
  url: "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
  fixable: true,
  check: ({ emptyContinuations }) =>
    emptyContinuations.map(({ line, emptyLines }) => {
      const range = { start: { line, column: 0 }, end: { line, column: 0 } };
      const fix = { title: "Remove the blank lines", edits: emptyLines.map(removeLine) };
      return { range, message: "Empty continuation line", fix };
    }),
};

function removeLine(line: number): Fix["edits"][number] {
  return { range: { start: { line, column: 0 }, end: { line: line + 1, column: 0 } }, newText: "" };
}
