import type { LintRule } from "../rule.ts";

export const jsonArgsRecommended: LintRule = {
  id: "JSONArgsRecommended",
  title: "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
  url: "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
  *check({ flow }) {
    for (const { instruction, hasShell } of flow.steps) {
      if (instruction.kind !== "cmd" && instruction.kind !== "entrypoint") continue;
      if (instruction.command.form === "exec" || hasShell) continue;
      const { keyword, range, comments } = instruction;
      const message = `JSON arguments recommended for ${keyword.text} to prevent unintended behavior related to OS signals`;
      yield { range, comments, message };
    }
  },
};
