import { didYouMean, suggest } from "../../text/suggest.ts";
import type { LintRule } from "../rule.ts";

export const undefinedArgInFrom: LintRule = {
  id: "UndefinedArgInFrom",
  title: "FROM command must use declared ARGs",
  url: "https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/",
  *check({ flow }) {
    for (const { stage, image, platform, knownArgs } of flow.froms) {
      const { range, comments } = stage.from;
      for (const name of [...image.unmatched, ...(platform?.unmatched ?? [])]) {
        if (knownArgs.includes(name)) continue;
        const message = `FROM argument '${name}' is not declared${didYouMean(suggest(name, knownArgs))}`;
        yield { range, comments, message };
      }
    }
  },
};
