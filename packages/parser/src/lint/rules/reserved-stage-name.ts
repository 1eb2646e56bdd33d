import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

const RESERVED: ReadonlySet<string> = new Set(["context", "scratch"]);

export const reservedStageName: LintRule = {
  id: "ReservedStageName",
  title: "Reserved words should not be used as stage names",
  url: "https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/",
  *check({ stages }) {
    for (const { name, from } of stages) {
      if (name === undefined || !RESERVED.has(name)) continue;
      const message = `Stage name should not use the same name as reserved stage ${quote(name)}`;
      yield { range: from.range, message };
    }
  },
};
