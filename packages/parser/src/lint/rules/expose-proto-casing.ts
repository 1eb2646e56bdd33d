import type { LintRule } from "../rule.ts";

export const exposeProtoCasing: LintRule = {
  id: "ExposeProtoCasing",
  title: "Protocol in EXPOSE instruction should be lowercase",
  url: "https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/",
  *check({ flow }) {
    for (const { instruction, ports } of flow.steps) {
      const { range, comments } = instruction;
      for (const { text, spec } of ports) {
        if (spec.protocol === spec.protocol.toLowerCase()) continue;
        yield { range, comments, message: `Defined protocol '${text}' in EXPOSE instruction should be lowercase` };
      }
    }
  },
};
