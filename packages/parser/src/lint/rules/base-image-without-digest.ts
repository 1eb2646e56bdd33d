import { baseImages } from "../base-images.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const baseImageWithoutDigest: LintRule = {
  id: "BaseImageWithoutDigest",
  title: "A base image should be pinned by its digest",
  url: pageUrl("BaseImageWithoutDigest"),
  experimental: true,
  severity: "info",
  *check({ stages, tree }) {
    for (const { from, digest } of baseImages(stages, tree)) {
      const { range, text } = from.image;
      const hint = `write ${text}@sha256:..., as "tsbuild pull" prints it: a tag can be moved`;
      if (digest === undefined)
        yield { range, comments: from.comments, message: `Base image ${text} has no digest`, hint };
    }
  },
};
