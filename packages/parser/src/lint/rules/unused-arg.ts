import type { ArgInstruction, Instruction, KeyValue, Stage } from "../../ast.ts";
import { variablesIn, variablesOf } from "../mentions.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintFacts, LintRule } from "../rule.ts";
import { runOf } from "../shell-script/run-script.ts";

/** What every build knows, declared or not, and what BuildKit itself reads. */
const KNOWN =
  /^(?:BUILDKIT_.*|SOURCE_DATE_EPOCH|(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)|(?:https?|ftp|no|all)_proxy)$/i;

export const unusedArg: LintRule = {
  id: "UnusedArg",
  title: "An ARG that nothing uses should be removed",
  url: pageUrl("UnusedArg"),
  *check({ dockerfile, stages, tree }) {
    if (stages.length === 0) return;
    yield* unusedGlobals(dockerfile.globalArgs, stages);
    yield* unusedInStages(stages, tree);
  },
};

/** FROM, the ARGs behind it, and stages that declare it again can use a global ARG. */
function* unusedGlobals(globalArgs: readonly ArgInstruction[], stages: readonly Stage[]): Iterable<Finding> {
  const used = new Set(stages.flatMap(({ from }) => variablesIn(from.source)));
  for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
    if (instruction.kind === "arg") for (const { key } of instruction.pairs) used.add(key.text);
  }
  for (const { pairs } of globalArgs)
    for (const { value } of pairs) for (const name of variablesIn(value?.text ?? "")) used.add(name);
  for (const { pairs, comments } of globalArgs) {
    for (const { key } of pairs) {
      if (used.has(key.text) || KNOWN.test(key.text)) continue;
      const message = `No FROM uses ARG ${key.text}, and no stage declares it`;
      const hint = `stages see it only behind an ARG ${key.text} of their own; remove it where nothing needs it`;
      yield { range: key.range, comments, message, hint };
    }
  }
}

/** What a stage and those on it use. A RUN may use all: the variables are its environment. */
interface Uses {
  readonly names: Set<string>;
  hasRun: boolean;
}

function unusedInStages(stages: readonly Stage[], tree: LintFacts["tree"]): Finding[] {
  const uses = new Map<Stage, Uses>(stages.map((stage) => [stage, { names: new Set(), hasRun: false }]));
  const findings: Finding[] = [];
  // From the last line to the first: what is used behind an ARG is known when it is met.
  for (const stage of stages.toReversed()) {
    const own = uses.get(stage);
    if (own === undefined) continue;
    for (const instruction of stage.instructions.toReversed()) {
      if (instruction.kind === "arg") findings.push(...unusedPairs(instruction, own));
      else take(instruction, own);
    }
    const below = tree.parentOf(stage);
    const parent = below && uses.get(below);
    if (parent === undefined) continue;
    for (const name of own.names) parent.names.add(name);
    parent.hasRun ||= own.hasRun;
  }
  return findings;
}

function take(instruction: Instruction, uses: Uses): void {
  if (runOf(instruction) !== undefined) uses.hasRun = true;
  for (const name of variablesOf(instruction)) uses.names.add(name);
}

function unusedPairs({ pairs, comments }: ArgInstruction, uses: Uses): Finding[] {
  return pairs.toReversed().flatMap(({ key, value }: KeyValue) => {
    const isUsed = uses.hasRun || uses.names.has(key.text) || KNOWN.test(key.text);
    for (const name of variablesIn(value?.text ?? "")) uses.names.add(name);
    const message = `Nothing behind it uses ARG ${key.text}`;
    return isUsed ? [] : [{ range: key.range, comments, message }];
  });
}
