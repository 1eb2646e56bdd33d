import type { CopyInstruction } from "../../ast.ts";
import { baseImages, splitImage } from "../base-images.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintRule } from "../rule.ts";

export const latestBaseImage: LintRule = {
  id: "LatestBaseImage",
  title: "The tag latest should not be relied on",
  url: pageUrl("LatestBaseImage"),
  *check({ stages, tree }) {
    for (const { from, name, tag, digest } of baseImages(stages, tree)) {
      if (tag === "latest" && digest === undefined) yield finding(from.image.range, from.comments, name);
    }
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      if (instruction.kind !== "copy") continue;
      const { name, tag, digest } = splitImage(instruction.from ?? "");
      if (tag === "latest" && digest === undefined) yield finding(fromRange(instruction), instruction.comments, name);
    }
  },
};

function finding(range: Finding["range"], comments: readonly string[], name: string): Finding {
  const hint = `write ${name}:VERSION, so that a build next month is the build of today`;
  return { range, comments, hint, message: `Image ${name} is taken by its moving tag latest` };
}

function fromRange({ flags, range }: CopyInstruction): Finding["range"] {
  return flags.find(({ name }) => name === "from")?.range ?? range;
}
