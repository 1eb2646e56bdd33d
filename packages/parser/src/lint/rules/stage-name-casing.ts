import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const stageNameCasing: LintRule = {
  id: "StageNameCasing",
  title: "Stage names should be lowercase",
  url: "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
  fixable: true,
  *check({ nodes }) {
    for (const { keyword, args, range, comments } of nodes) {
      const name = args[2];
      if (keyword.text.toLowerCase() !== "from" || args.length !== 3 || name === undefined) continue;
      const lower = name.text.toLowerCase();
      if (name.text === lower) continue;
      const fix = replacement(`Rename to ${lower}`, name.range, lower);
      yield { range, comments, fix, message: `Stage name '${name.text}' should be lowercase` };
    }
  },
};
