import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const copyManyToFile: LintRule = {
  id: "CopyManyToFile",
  title: "Several files can only be copied to a folder, whose name ends with a slash",
  url: pageUrl("CopyManyToFile"),
  severity: "error",
  fixable: true,
  *check({ stages }) {
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      if (instruction.kind !== "copy" && instruction.kind !== "add") continue;
      const { sources, destination, comments, keyword } = instruction;
      const { text, range } = destination;
      if (sources.length < 2 || /(?:^|\/)\.{1,2}$|[/\\$"'}\]]$/.test(text) || text.includes("$")) continue;
      const message = `${keyword.text.toUpperCase()} of ${sources.length} sources to ${text}: the build refuses it`;
      const fix = { title: "Add a slash", edits: [{ range: { start: range.end, end: range.end }, newText: "/" }] };
      yield { range, comments, message, hint: `write ${text}/`, fix };
    }
  },
};
