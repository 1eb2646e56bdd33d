import { baseImages } from "../base-images.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const untaggedBaseImage: LintRule = {
  id: "UntaggedBaseImage",
  title: "A base image should be named with a tag or a digest",
  url: pageUrl("UntaggedBaseImage"),
  *check({ stages, tree }) {
    for (const { from, name, tag, digest } of baseImages(stages, tree)) {
      if (tag !== undefined || digest !== undefined) continue;
      const hint = `write ${name}:VERSION; without a tag the build takes whatever is newest that day`;
      yield { range: from.image.range, comments: from.comments, message: `Base image ${name} has no tag`, hint };
    }
  },
};
