import type { EnvInstruction, Instruction, Stage } from "../../ast.ts";
import { variablesIn } from "../mentions.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintRule } from "../rule.ts";

/** Every image has them. */
const ALWAYS_SET = ["PATH", "HOME"];

export const envUsedWhereSet: LintRule = {
  id: "EnvUsedWhereSet",
  title: "A variable should not be used in the ENV that sets it",
  url: pageUrl("EnvUsedWhereSet"),
  *check({ stages, tree }) {
    const scopes = new Map<Stage, Set<string>>();
    for (const stage of stages) {
      const parent = tree.parentOf(stage);
      const known = new Set([...ALWAYS_SET, ...((parent && scopes.get(parent)) ?? [])]);
      scopes.set(stage, known);
      for (const instruction of stage.instructions) {
        if (instruction.kind === "env") yield* usedTooEarly(instruction, known);
        for (const name of namesSetBy(instruction)) known.add(name);
      }
    }
  },
};

function* usedTooEarly({ pairs, comments }: EnvInstruction, known: ReadonlySet<string>): Iterable<Finding> {
  const set = new Set<string>();
  for (const { key, value } of pairs) {
    for (const name of new Set(variablesIn(value?.text ?? ""))) {
      if (!set.has(name) || known.has(name) || name === key.text) continue;
      const message = `$${name} in ${key.text} is what it was above this ENV, not what this ENV sets`;
      yield { range: value?.range ?? key.range, comments, message, hint: `set ${name} in an ENV of its own above` };
    }
    set.add(key.text);
  }
}

function namesSetBy(instruction: Instruction): string[] {
  return instruction.kind === "env" || instruction.kind === "arg" ? instruction.pairs.map(({ key }) => key.text) : [];
}
