import { quote } from "../../text/go-strings.ts";
import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const maintainerDeprecated: LintRule = {
  id: "MaintainerDeprecated",
  title: "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
  url: "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
  fixable: true,
  *check({ nodes }) {
    for (const { keyword, args, range, comments } of nodes) {
      if (keyword.text.toLowerCase() !== "maintainer") continue;
      const label = `LABEL org.opencontainers.image.authors=${quote(args[0]?.text ?? "")}`;
      const fix = replacement("Use a label", range, label);
      yield { range, comments, fix, message: "Maintainer instruction is deprecated in favor of using label" };
    }
  },
};
