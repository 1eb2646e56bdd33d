import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const missingUser: LintRule = {
  id: "MissingUser",
  title: "An image should say which user its process runs as",
  url: pageUrl("MissingUser"),
  experimental: true,
  severity: "info",
  *check({ stages, tree }) {
    const last = stages.at(-1);
    const hasUser = tree.shipped.some(({ instructions }) => instructions.some(({ kind }) => kind === "user"));
    if (last === undefined || hasUser) return;
    const { range, comments } = last.from;
    const message = "No USER: unless the base image sets one, the process runs as root";
    yield { range, comments, message, hint: "end with a USER that can do no more than the program needs" };
  },
};
