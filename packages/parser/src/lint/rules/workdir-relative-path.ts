import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

export const workdirRelativePath: LintRule = {
  id: "WorkdirRelativePath",
  title:
    "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
  url: "https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/",
  *check({ flow }) {
    for (const { instruction, workdir } of flow.steps) {
      if (workdir === undefined || workdir.isAbsolute || !workdir.isFirst) continue;
      const { range, comments } = instruction;
      const message = `Relative workdir ${quote(workdir.path)} can have unexpected results if the base image changes`;
      yield { range, comments, message };
    }
  },
};
