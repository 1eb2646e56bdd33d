import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const consistentInstructionCasing: LintRule = {
  id: "ConsistentInstructionCasing",
  title: "All commands within the Dockerfile should use the same casing (either upper or lower)",
  url: "https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/",
  fixable: true,
  *check({ stages }) {
    const instructions = stages.flatMap(({ from, instructions: rest }) => [from, ...rest]);
    const keywords = instructions.map(({ keyword }) => keyword.text);
    const lower = keywords.filter((text) => text === text.toLowerCase()).length;
    const upper = keywords.filter((text) => text === text.toUpperCase() && text !== text.toLowerCase()).length;
    for (const { keyword, range } of instructions) {
      const wanted = lower > upper ? keyword.text.toLowerCase() : keyword.text.toUpperCase();
      if (keyword.text === wanted) continue;
      const casing = lower > upper ? "lowercase" : "uppercase";
      const message = `Command '${keyword.text}' should match the case of the command majority (${casing})`;
      yield { range, message, fix: replacement(`Change to ${wanted}`, keyword.range, wanted) };
    }
  },
};
