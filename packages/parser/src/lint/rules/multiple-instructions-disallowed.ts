import type { Instruction } from "../../ast.ts";
import type { LintRule } from "../rule.ts";

const ONCE: ReadonlySet<string> = new Set(["cmd", "entrypoint", "healthcheck"]);

export const multipleInstructionsDisallowed: LintRule = {
  id: "MultipleInstructionsDisallowed",
  title: "Multiple instructions of the same type should not be used in the same stage",
  url: "https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/",
  *check({ stages, flow }) {
    const reached = new Set(flow.steps.map(({ instruction }) => instruction));
    for (const stage of stages) {
      const last = new Map<string, Instruction>();
      for (const instruction of stage.instructions) {
        if (!ONCE.has(instruction.kind) || !reached.has(instruction)) continue;
        const before = last.get(instruction.kind);
        last.set(instruction.kind, instruction);
        if (before === undefined) continue;
        const message = `Multiple ${instruction.keyword.text} instructions should not be used in the same stage because only the last one will be used`;
        // The earlier one is what has no effect.
        yield { range: before.range, comments: instruction.comments, message };
      }
    }
  },
};
