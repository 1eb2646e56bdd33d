import type { Instruction } from "../../ast.ts";
import type { Fix } from "../../diagnostic.ts";
import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const exposeProtoCasing: LintRule = {
  id: "ExposeProtoCasing",
  title: "Protocol in EXPOSE instruction should be lowercase",
  url: "https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/",
  fixable: true,
  *check({ flow }) {
    for (const { instruction, ports } of flow.steps) {
      const { range, comments } = instruction;
      for (const { text, spec } of ports) {
        if (spec.protocol === spec.protocol.toLowerCase()) continue;
        const message = `Defined protocol '${text}' in EXPOSE instruction should be lowercase`;
        yield { range, comments, message, fix: withLowerCase(instruction, text) };
      }
    }
  },
};

/** Only for a port that is written as it is meant, without variables. */
function withLowerCase(instruction: Instruction, text: string): Fix | undefined {
  const word = instruction.kind === "expose" ? instruction.ports.find((port) => port.text === text) : undefined;
  const lower = text.toLowerCase();
  return word && replacement(`Write ${lower}`, word.range, lower);
}
