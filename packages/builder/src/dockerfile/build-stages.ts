import { TsbuildError } from "@tsbuild/oci";
import type { Range } from "@tsbuild/parser";
import { BuildError } from "../build-error.ts";
import { type BaseImage, type BaseResolver, baseResolver } from "./base-image.ts";
import { basePlatformWarning } from "./base-platform.ts";
import type { CompilePorts } from "./compile-options.ts";
import { DockerfileError, mistake } from "./dockerfile-error.ts";
import { applyInstruction } from "./instructions/apply.ts";
import { type Compile, draftOfImage, draftOfStage, type StageDraft } from "./stage-draft.ts";
import { type PlannedStage, reachableStages, type StagePlan } from "./stages.ts";
import { addTriggers } from "./triggers.ts";

/**
 * Asks for the base images that `target` needs, all at a time, and puts their ONBUILD triggers in; as these may need
 * further images, again until nothing new comes up. Stages that `target` does not need are never asked for.
 */
export async function resolveBases(
  target: PlannedStage,
  plan: StagePlan,
  compile: Compile,
  ports: CompilePorts,
): Promise<ReadonlyMap<PlannedStage, BaseImage>> {
  const images = new Map<PlannedStage, BaseImage>();
  const resolve = baseResolver(plan, compile.options.platform, ports);
  const triggered = new Set<PlannedStage>();
  for (;;) {
    const fresh = [...reachableStages(target)].filter((stage) => !triggered.has(stage));
    if (fresh.length === 0) return images;
    await resolveAll(fresh, images, resolve);
    ports.signal?.throwIfAborted();
    for (const stage of fresh) {
      const image = images.get(stage);
      const warning = image && basePlatformWarning(stage, image);
      if (warning !== undefined) compile.diagnostics.push(warning);
      triggered.add(stage);
      addTriggers(stage, image, plan, compile);
    }
  }
}

/**
 * Goes through the instructions of all stages that `target` needs, in the order of the file.
 * Mistakes are gathered in `compile.diagnostics`; a stage goes on behind a mistake.
 */
export function buildStages(
  target: PlannedStage,
  images: ReadonlyMap<PlannedStage, BaseImage>,
  plan: StagePlan,
  compile: Compile,
): ReadonlyMap<PlannedStage, StageDraft> {
  const drafts = new Map<PlannedStage, StageDraft>();
  const needed = reachableStages(target);
  for (const stage of [...plan.externals.values(), ...plan.stages].filter((candidate) => needed.has(candidate))) {
    const draft = gather(compile, stage.range, () => startStage(stage, images, drafts, compile));
    if (draft === undefined) continue;
    for (const command of stage.commands)
      gather(compile, command.instruction.range, () => applyInstruction(command, draft, { compile, drafts }));
    drafts.set(stage, draft);
  }
  return drafts;
}

async function resolveAll(
  stages: readonly PlannedStage[],
  images: Map<PlannedStage, BaseImage>,
  resolve: BaseResolver,
): Promise<void> {
  await Promise.all(
    stages.map(async (stage) => {
      if (stage.base.type === "stage") return;
      const image = await resolve(stage, stage.base).catch((error: unknown) => {
        throw TsbuildError.is(error) ? atStage(error, stage) : error;
      });
      images.set(stage, image);
    }),
  );
}

/** The same error, with the instruction that names the image. */
function atStage(error: TsbuildError, { range }: PlannedStage): BuildError {
  const { code, message, hint } = error;
  return new BuildError(code, message, { range, cause: error, ...(hint === undefined ? {} : { hint }) });
}

function startStage(
  stage: PlannedStage,
  images: ReadonlyMap<PlannedStage, BaseImage>,
  drafts: ReadonlyMap<PlannedStage, StageDraft>,
  compile: Compile,
): StageDraft | undefined {
  if (stage.base.type === "stage") {
    const base = drafts.get(stage.base.stage);
    return base === undefined ? undefined : draftOfStage(stage, base, compile);
  }
  const image = images.get(stage);
  return image === undefined ? undefined : draftOfImage(stage, image, compile);
}

function gather<Value>(compile: Compile, range: Range, work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (!TsbuildError.is(error)) throw error;
    const problem = error instanceof DockerfileError ? error : located(error, range);
    compile.diagnostics.push(...problem.diagnostics);
    return undefined;
  }
}

function located(error: TsbuildError, range: Range): DockerfileError {
  return mistake(error.message, range, { code: error.code, hint: error.hint, cause: error });
}
