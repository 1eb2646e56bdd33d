import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const rootAsFinalUser: LintRule = {
  id: "RootAsFinalUser",
  title: "The last USER should not be root",
  url: pageUrl("RootAsFinalUser"),
  *check({ tree }) {
    const users = tree.shipped.flatMap(({ instructions }) =>
      instructions.filter(({ kind }) => kind === "user").reverse(),
    );
    const [last] = users;
    if (last?.kind !== "user" || !/^(?:root|0+)(?::.*)?$/.test(last.user.text)) return;
    const message = `The image's process runs as ${last.user.text}`;
    const hint = "end with a USER that can do no more than the program needs";
    yield { range: last.range, comments: last.comments, message, hint };
  },
};
