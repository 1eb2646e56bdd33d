import type { EnvInstruction, KeyValue } from "../../ast.ts";
import { variablesIn, variablesOf } from "../mentions.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintRule } from "../rule.ts";
import { runOf } from "../shell-script/run-script.ts";

export const duplicateEnvKey: LintRule = {
  id: "DuplicateEnvKey",
  title: "A variable should not be set again before anything has used it",
  url: pageUrl("DuplicateEnvKey"),
  *check({ stages }) {
    for (const { instructions } of stages) {
      /** Set, and not yet used. */
      const idle = new Map<string, Finding>();
      for (const instruction of instructions) {
        if (runOf(instruction) !== undefined) idle.clear();
        if (instruction.kind === "env") yield* setAgain(instruction, idle);
        else for (const name of variablesOf(instruction)) idle.delete(name);
      }
    }
  },
};

function* setAgain({ pairs, comments }: EnvInstruction, idle: Map<string, Finding>): Iterable<Finding> {
  for (const { value } of pairs) for (const name of variablesIn(value?.text ?? "")) idle.delete(name);
  for (const pair of pairs) {
    const before = idle.get(pair.key.text);
    if (before !== undefined) yield before;
    idle.set(pair.key.text, overwritten(pair, comments));
  }
}

function overwritten({ key }: KeyValue, comments: readonly string[]): Finding {
  return { range: key.range, comments, message: `${key.text} is set again further down, and nothing uses this value` };
}
