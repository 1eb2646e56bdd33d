import type { LintRule } from "../rule.ts";

export const undefinedVar: LintRule = {
  id: "UndefinedVar",
  title: "Variables should be defined before their use",
  url: "https://docs.docker.com/go/dockerfile/rule/undefined-var/",
  *check({ flow }) {
    for (const { instruction, undefinedVars } of flow.steps) {
      const { range, comments } = instruction;
      for (const { name, suggestion } of undefinedVars) {
        const meant = suggestion === undefined ? "" : ` (did you mean $${suggestion}?)`;
        yield { range, comments, message: `Usage of undefined variable '$${name}'${meant}` };
      }
    }
  },
};
