import type { LintRule } from "../rule.ts";

export const exposeInvalidFormat: LintRule = {
  id: "ExposeInvalidFormat",
  title:
    "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
  url: "https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/",
  *check({ flow }) {
    for (const { instruction, ports } of flow.steps) {
      const { range, comments } = instruction;
      for (const { text, spec } of ports) {
        if (!spec.hasMapping) continue;
        const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${text}'`;
        yield { range, comments, message };
      }
    }
  },
};
