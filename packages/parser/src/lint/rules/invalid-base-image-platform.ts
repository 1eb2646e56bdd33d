import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

export const invalidBaseImagePlatform: LintRule = {
  id: "InvalidBaseImagePlatform",
  title: "Base image platform does not match expected target platform",
  check: ({ flow }) =>
    flow.mismatches.map(({ stage, image, expected, actual }) => {
      const message = `Base image ${image} was pulled with platform ${quote(actual)}, expected ${quote(expected)} for current build`;
      return { range: stage.from.range, message };
    }),
};
