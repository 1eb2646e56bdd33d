import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

export const duplicateStageName: LintRule = {
  id: "DuplicateStageName",
  title: "Stage names should be unique",
  url: "https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/",
  *check({ stages }) {
    const seen = new Set<string>();
    for (const { name, from } of stages) {
      if (name === undefined) continue;
      const message = `Duplicate stage name ${quote(name)}, stage names should be unique`;
      if (seen.has(name)) yield { range: from.range, message };
      seen.add(name);
    }
  },
};
