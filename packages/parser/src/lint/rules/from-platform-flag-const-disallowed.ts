import { quote } from "../../text/go-strings.ts";
import { platformParts } from "../platform-parts.ts";
import type { LintRule } from "../rule.ts";

export const fromPlatformFlagConstDisallowed: LintRule = {
  id: "FromPlatformFlagConstDisallowed",
  title: "FROM --platform flag should not use a constant value",
  url: "https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/",
  *check({ flow }) {
    for (const { stage, platform } of flow.froms) {
      if (platform === undefined || platform.matched.length > 0 || platform.unmatched.length > 0) continue;
      const parts = platformParts(platform.text);
      const name = stage.name ?? "";
      if (parts === undefined || name.includes(parts.os) || name.includes(parts.architecture)) continue;
      const { range, comments } = stage.from;
      yield { range, comments, message: `FROM --platform flag should not use constant value ${quote(platform.text)}` };
    }
  },
};
