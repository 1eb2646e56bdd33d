import type { LintRule } from "../rule.ts";

export const invalidDefaultArgInFrom: LintRule = {
  id: "InvalidDefaultArgInFrom",
  title: "Default value for global ARG results in an empty or invalid base image name",
  url: "https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/",
  check: ({ flow }) =>
    flow.invalidDefaults.map(({ from }) => ({
      range: from.range,
      message: `Default value for ARG ${from.image.text} results in empty or invalid base image name`,
    })),
};
