import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const missingHealthcheck: LintRule = {
  id: "MissingHealthcheck",
  title: "An image should say how to tell that it works",
  url: pageUrl("MissingHealthcheck"),
  experimental: true,
  severity: "info",
  *check({ stages, tree }) {
    const last = stages.at(-1);
    const hasCheck = tree.shipped.some(({ instructions }) => instructions.some(({ kind }) => kind === "healthcheck"));
    if (last === undefined || hasCheck) return;
    const { range, comments } = last.from;
    const hint = "add HEALTHCHECK, or HEALTHCHECK NONE where something else watches the container";
    yield { range, comments, message: "No HEALTHCHECK: nobody notices a process that hangs", hint };
  },
};
