import { type Instruction, parseDockerfile } from "@tsbuild/parser";
import type { BaseImage } from "./base-image.ts";
import { DockerfileError, mistake } from "./dockerfile-error.ts";
import type { Compile } from "./stage-draft.ts";
import { type Command, commandOf, type PlannedStage, type StagePlan } from "./stages.ts";

/**
 * Puts the ONBUILD triggers of a stage's base in front of its own instructions: those of the base image, or of the stage
 * that its FROM names. They may name stages and images that nothing else does.
 * @throws DockerfileError for a trigger that cannot be read
 */
export function addTriggers(
  stage: PlannedStage,
  image: BaseImage | undefined,
  plan: StagePlan,
  compile: Compile,
): void {
  if (stage.bare) return;
  const triggers = [...imageTriggers(stage, image), ...stageTriggers(stage)];
  const commands = triggers.map((instruction) => commandOf(instruction, plan, compile, true));
  if (commands.length > 0) stage.commands = [...commands, ...stage.commands];
}

function stageTriggers({ base }: PlannedStage): readonly Command["instruction"][] {
  if (base.type !== "stage") return [];
  return base.stage.commands.flatMap(({ instruction }) =>
    instruction.kind === "onbuild" ? triggerOf(instruction.instruction) : [],
  );
}

/** A trigger that could not be read is in the parser's diagnostics already. */
function triggerOf(instruction: Instruction | undefined): readonly Command["instruction"][] {
  return instruction === undefined || instruction.kind === "from" ? [] : [instruction];
}

/** The image's triggers are text: a mistake in them stands at the FROM that brings them in. */
function imageTriggers({ range }: PlannedStage, image: BaseImage | undefined): readonly Command["instruction"][] {
  return (image?.config.config?.OnBuild ?? []).map((text) => {
    const { dockerfile, diagnostics } = parseDockerfile(`FROM scratch\n${text}\n`);
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
    if (errors.length > 0) throw new DockerfileError(errors.map((error) => ({ ...error, range })));
    const [instruction, ...rest] = dockerfile.stages[0]?.instructions ?? [];
    if (instruction === undefined || rest.length > 0 || dockerfile.stages.length !== 1)
      throw mistake("onbuild trigger should be a single expression", range);
    return { ...instruction, range };
  });
}
