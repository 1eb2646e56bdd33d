import type { Instruction, Stage } from "../../ast.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runOf } from "../shell-script/run-script.ts";
import type { StageTree } from "../stage-tree.ts";

export const unusedStage: LintRule = {
  id: "UnusedStage",
  title: "A stage should be used by another, or be the last",
  url: pageUrl("UnusedStage"),
  severity: "info",
  *check({ stages, tree }) {
    const names = stages.flatMap(({ instructions }) => instructions.flatMap(sourceNames));
    const bases = new Set(stages.flatMap((stage) => tree.parentOf(stage) ?? []));
    const written = [...names, ...stages.map(({ from }) => from.image.text)];
    const prefixes = new Set(written.filter((name) => name.includes("$")).map((name) => name.split("$", 1)[0] ?? ""));
    const wanted = new Set(names.map((name) => name.toLowerCase()));
    for (const stage of stages.slice(0, -1)) {
      const isNamed = [stage.name ?? "", String(stage.index)].some((name) => name !== "" && wanted.has(name));
      if (isNamed || bases.has(stage) || mayBeMeant(stage, prefixes) || isTarget(stage, tree)) continue;
      const { range, comments, stageName } = stage.from;
      const label = stageName === undefined ? `Stage ${stage.index}` : `Stage ${stageName.text}`;
      const message = `${label} is not the last, and no other stage uses it: a build without --target leaves it out`;
      yield { range, comments, message, hint: "remove it, unless it is built with --target" };
    }
  },
};

/** What an instruction takes files from. */
function sourceNames(instruction: Instruction): string[] {
  const inner = instruction.kind === "onbuild" ? instruction.instruction : instruction;
  if (inner?.kind === "copy") return inner.from === undefined ? [] : [inner.from];
  const mounts = runOf(instruction)?.mounts ?? [];
  return mounts.flatMap((mount) => /(?:^|,)\s*"?from=([^,"]+)/.exec(mount)?.[1] ?? []);
}

/** Whether a name with a variable can come out as the stage's: `build-$TARGETARCH`. */
function mayBeMeant({ name = "" }: Stage, prefixes: ReadonlySet<string>): boolean {
  return name !== "" && [...prefixes].some((prefix) => name.startsWith(prefix.toLowerCase()));
}

/** What has a command of its own, or is made of other stages, is there to be built with --target. */
function isTarget(stage: Stage, tree: StageTree): boolean {
  const { name, from, instructions } = stage;
  const hasCommand = instructions.some(({ kind }) => kind === "cmd" || kind === "entrypoint");
  const isMade = from.image.text === "scratch" || tree.parentOf(stage) !== undefined;
  return name !== undefined && (hasCommand || isMade);
}
