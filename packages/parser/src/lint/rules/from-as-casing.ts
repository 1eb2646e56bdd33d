import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const fromAsCasing: LintRule = {
  id: "FromAsCasing",
  title: "The 'as' keyword should match the case of the 'from' keyword",
  url: "https://docs.docker.com/go/dockerfile/rule/from-as-casing/",
  fixable: true,
  *check({ nodes }) {
    for (const { keyword, args, range, comments } of nodes) {
      const as = args[1];
      if (keyword.text.toLowerCase() !== "from" || args.length < 3 || as === undefined) continue;
      const wanted = likeKeyword(keyword.text, as.text);
      if (wanted === undefined || wanted === as.text) continue;
      const fix = replacement(`Change to ${wanted}`, as.range, wanted);
      yield { range, comments, fix, message: `'${as.text}' and '${keyword.text}' keywords' casing do not match` };
    }
  },
};

/** Undefined where the keyword has mixed case: that is another rule's business. */
function likeKeyword(keyword: string, text: string): string | undefined {
  if (keyword === keyword.toLowerCase()) return text.toLowerCase();
  return keyword === keyword.toUpperCase() ? text.toUpperCase() : undefined;
}
