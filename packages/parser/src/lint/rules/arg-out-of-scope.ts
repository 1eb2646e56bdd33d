import type { Stage } from "../../ast.ts";
import { variablesIn, variablesOf } from "../mentions.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintFacts, LintRule } from "../rule.ts";
import type { RunScript } from "../shell-script/run-script.ts";

export const argOutOfScope: LintRule = {
  id: "ArgOutOfScope",
  title: "An ARG in front of the first FROM holds for FROM lines; stages must declare it again",
  url: pageUrl("ArgOutOfScope"),
  *check({ dockerfile, stages, runs, tree }) {
    const globals = new Set(dockerfile.globalArgs.flatMap(({ pairs }) => pairs.map(({ key }) => key.text)));
    if (globals.size === 0) return;
    const scripts = new Map(runs.map((run) => [run.instruction.range, run]));
    const scopes = new Map<Stage, Set<string>>();
    for (const stage of stages) {
      const parent = tree.parentOf(stage);
      const known = new Set(parent && scopes.get(parent));
      scopes.set(stage, known);
      // An image that is chosen by a variable often sets one of that name: node sets NODE_VERSION.
      for (const name of variablesIn(stage.from.image.text)) known.add(name);
      yield* strangers(stage, { known, globals, scripts });
    }
  },
};

interface Scope {
  /** Names that the stage knows so far. */
  readonly known: Set<string>;
  readonly globals: ReadonlySet<string>;
  readonly scripts: ReadonlyMap<unknown, LintFacts["runs"][number]>;
}

function* strangers({ instructions }: Stage, { known, globals, scripts }: Scope): Iterable<Finding> {
  for (const instruction of instructions) {
    const { kind, range, comments } = instruction;
    const script = scripts.get(range);
    const used = kind === "run" && script !== undefined ? variablesOfScript(script) : variablesOf(instruction);
    const judged = kind === "cmd" || kind === "entrypoint" || kind === "healthcheck" || kind === "onbuild" ? [] : used;
    for (const name of new Set(judged)) {
      if (!globals.has(name) || known.has(name)) continue;
      known.add(name);
      const message = `$${name} is empty here: its ARG stands in front of the first FROM`;
      yield { range, comments, message, hint: `write ARG ${name} in this stage, above this instruction` };
    }
    if (kind === "arg" || kind === "env") for (const { key } of instruction.pairs) known.add(key.text);
  }
}

/** Variables that the script uses and does not set. */
function variablesOfScript({ commands, calls, text }: RunScript): string[] {
  if (calls.some(({ name }) => name === "." || name === "source" || name === "eval")) return [];
  const words = commands.flatMap((command) => [...command.assignments, ...command.words]);
  const used = words.flatMap((word) => (word.isLiteral || word.text.includes("'") ? [] : variablesIn(word.text)));
  const set = new Set([...text.matchAll(/(?<![\w$])([A-Za-z_]\w*)(?:\+?=|\s+in\s)/g)].map(([, name]) => name));
  const named = new Set(words.map(({ value }) => value));
  return used.filter((name) => !set.has(name) && !named.has(name));
}
