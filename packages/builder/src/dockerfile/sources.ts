import type { CopyInstruction, RunInstruction } from "@tsbuild/parser";
import { baseOf } from "./base.ts";
import { mistake } from "./dockerfile-error.ts";
import type { Compile } from "./stage-draft.ts";
import type { Command, PlannedStage, StagePlan } from "./stages.ts";
import { expandWord } from "./words.ts";

/**
 * The stages and images that an instruction takes files from: one for COPY --from, one for each mount of RUN (undefined
 * where it names none), else none.
 *
 * BuildKit refuses variables in these names; here those of the global ARGs are filled in, which is what its users ask
 * for (moby/moby#34482) and what buildah does.
 * @throws DockerfileError
 */
export function sourcesOf(
  instruction: Command["instruction"],
  plan: StagePlan,
  compile: Compile,
): readonly (PlannedStage | undefined)[] {
  if (instruction.kind === "copy") return copySources(instruction, plan, compile);
  if (instruction.kind === "run")
    return instruction.mounts.map((mount) => {
      const from = mountOrigin(mount);
      return from === undefined ? undefined : sourceOf(from, instruction, plan, compile);
    });
  return [];
}

function copySources(instruction: CopyInstruction, plan: StagePlan, compile: Compile): readonly PlannedStage[] {
  const { from } = instruction;
  return from === undefined || from === "" ? [] : [sourceOf(from, instruction, plan, compile)];
}

function sourceOf(
  written: string,
  instruction: CopyInstruction | RunInstruction,
  plan: StagePlan,
  compile: Compile,
): PlannedStage {
  const { range } = instruction;
  const name = expandWord(written, compile.globalArguments, { escape: compile.escape, range });
  if (name === "") throw blankSource(written, instruction);
  const stage = plan.byName.get(name.toLowerCase());
  if (stage !== undefined) return stage;
  if (!/^[+-]?\d+$/.test(name)) return externalStage(name, instruction, plan, compile);
  const indexed = plan.stages[Number(name)];
  if (indexed !== undefined) return indexed;
  throw mistake(`invalid stage index ${Number(name)}`, range, {
    code: "STAGE_UNKNOWN",
    hint: `the file has ${plan.stages.length} stages, counted from 0`,
  });
}

function externalStage(
  name: string,
  { range }: CopyInstruction | RunInstruction,
  plan: StagePlan,
  compile: Compile,
): PlannedStage {
  const known = plan.externals.get(name);
  if (known !== undefined) return known;
  const base = baseOf(name, compile.options.platform, { range, compile, stageNames: plan.byName.keys() });
  const stage = { name: undefined, label: name, base, platform: undefined, range, bare: true, commands: [] };
  plan.externals.set(name, stage);
  return stage;
}

function blankSource(written: string, { range }: CopyInstruction | RunInstruction): Error {
  return mistake(`the source ${written} is blank`, range, {
    code: "STAGE_UNKNOWN",
    hint: "only the ARGs in front of the first FROM are known here; give them a default or a value with --build-arg",
  });
}

/** The value of `from` in a mount whose other values may still have variables in them. */
function mountOrigin(mount: string): string | undefined {
  const value = /(?:^|,)"?from=([^",]*)/i.exec(mount)?.[1];
  return value === "" ? undefined : value;
}
