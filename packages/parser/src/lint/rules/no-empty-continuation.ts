import type { LintRule } from "../rule.ts";

export const noEmptyContinuation: LintRule = {
  id: "NoEmptyContinuation",
  title: "Empty continuation lines will become errors in a future release",
  url: "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
  check: ({ emptyContinuations }) =>
    emptyContinuations.map(({ line }) => {
      const range = { start: { line, column: 0 }, end: { line, column: 0 } };
      return { range, message: "Empty continuation line" };
    }),
};
