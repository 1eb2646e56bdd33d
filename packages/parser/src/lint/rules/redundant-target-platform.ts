import type { FromInstruction } from "../../ast.ts";
import type { Fix } from "../../diagnostic.ts";
import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const redundantTargetPlatform: LintRule = {
  id: "RedundantTargetPlatform",
  title: "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
  url: "https://docs.docker.com/go/dockerfile/rule/redundant-target-platform/",
  fixable: true,
  *check({ flow }) {
    for (const { stage, platform, targetPlatform } of flow.froms) {
      const isAlone = platform?.matched.length === 1 && platform.unmatched.length === 0;
      if (!isAlone || platform.matched[0] !== "TARGETPLATFORM" || platform.text !== targetPlatform) continue;
      const { range, comments, platform: text } = stage.from;
      const message = `Setting platform to predefined ${text} in FROM is redundant as this is the default behavior`;
      yield { range, comments, message, fix: withoutFlag(stage.from) };
    }
  },
};

/** Takes the flag away with what stands between it and the image. */
function withoutFlag({ flags, image }: FromInstruction): Fix | undefined {
  const [flag] = flags;
  if (flag === undefined || flags.length > 1) return undefined;
  return replacement("Remove --platform", { start: flag.range.start, end: image.range.start }, "");
}
