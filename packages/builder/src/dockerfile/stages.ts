import { formatPlatform, type Platform, parsePlatform } from "@tsbuild/oci";
import {
  type Dockerfile,
  didYouMean,
  type FromInstruction,
  type Instruction,
  quote,
  type Range,
  type Stage,
  suggest,
} from "@tsbuild/parser";
import { type Base, baseOf, contextOf } from "./base.ts";
import { mistake } from "./dockerfile-error.ts";
import { sourcesOf } from "./sources.ts";
import type { Compile } from "./stage-draft.ts";
import { expandWord } from "./words.ts";

/** An instruction of a stage, and the stages or images that it takes files from. */
export interface Command {
  readonly instruction: Exclude<Instruction, FromInstruction>;
  /** Runs because of a base's ONBUILD. */
  readonly triggered: boolean;
  /** COPY: one; RUN: one for each mount, undefined where it takes none; else empty. */
  readonly sources: readonly (PlannedStage | undefined)[];
}

/** A stage of the file, or an image that only COPY --from or a mount names. */
export interface PlannedStage {
  readonly name: string | undefined;
  /** In step names: the name or `stage-2`. */
  label: string;
  readonly base: Base;
  /** What FROM asks for; undefined: the build's. */
  readonly platform: Platform | undefined;
  readonly range: Range;
  /** Nothing but its base: no stage of the file, or one whose place a named context takes. */
  readonly bare: boolean;
  /** Its own instructions; triggers are put in front of them once the base is known. */
  commands: readonly Command[];
}

/** All stages of a file, and how they are found. */
export interface StagePlan {
  /** Those of the file, in its order. */
  readonly stages: readonly PlannedStage[];
  readonly byName: ReadonlyMap<string, PlannedStage>;
  /** Images that are named outside of FROM, by the name as written. */
  readonly externals: Map<string, PlannedStage>;
}

/**
 * Finds out what every stage starts from and takes files from. Nothing is asked of the outside.
 * @throws DockerfileError for the first FROM that makes no sense, and for sources that cannot be
 */
export function planStages(dockerfile: Dockerfile, compile: Compile): StagePlan {
  const byName = new Map<string, PlannedStage>();
  const images = dockerfile.stages.map(({ from }) => baseText(from, compile));
  const stages = dockerfile.stages.map((stage, index) => {
    const planned = planStage(stage, images[index] ?? "", byName, compile);
    if (planned.name !== undefined) byName.set(planned.name, planned);
    return planned;
  });
  const plan: StagePlan = { stages, byName, externals: new Map() };
  for (const [index, stage] of stages.entries()) {
    const own = stage.bare ? [] : (dockerfile.stages[index]?.instructions ?? []);
    stage.commands = own.map((instruction) => commandOf(instruction, plan, compile, false));
  }
  return plan;
}

/** The instruction with what it takes files from. */
export function commandOf(
  instruction: Command["instruction"],
  plan: StagePlan,
  compile: Compile,
  triggered: boolean,
): Command {
  return { instruction, triggered, sources: sourcesOf(instruction, plan, compile) };
}

/**
 * The stage to build: by name in any case, by index, else the last one.
 * @throws DockerfileError
 */
export function targetStage({ stages, byName }: StagePlan, target: string | undefined): PlannedStage {
  const wanted = target === undefined || target === "" ? stages.at(-1) : byName.get(target.toLowerCase());
  const found = wanted ?? (/^\d+$/.test(target ?? "") ? stages[Number(target)] : undefined);
  if (found !== undefined) return found;
  const names = stages.map((stage) => stage.label);
  const near = didYouMean(suggest(target ?? "", names));
  throw mistake(`target stage ${quote(target ?? "")} could not be found${near}`, undefined, {
    code: "TARGET_UNKNOWN",
    hint: names.length === 0 ? undefined : `the stages are ${names.join(", ")}`,
  });
}

/** The stages that `target` needs, itself included. */
export function reachableStages(target: PlannedStage): ReadonlySet<PlannedStage> {
  const reachable = new Set<PlannedStage>();
  const visit = (stage: PlannedStage): void => {
    if (reachable.has(stage)) return;
    reachable.add(stage);
    if (stage.base.type === "stage") visit(stage.base.stage);
    for (const source of stage.commands.flatMap((command) => command.sources)) if (source !== undefined) visit(source);
  };
  visit(target);
  return reachable;
}

/**
 * Refuses stages that take files from each other in a circle.
 * @throws DockerfileError
 */
export function refuseCircles({ stages }: StagePlan): void {
  const done = new Set<PlannedStage>();
  for (const start of stages) {
    const circle = findCircle(start, done, new Set());
    if (circle === undefined) continue;
    const lines = circle.map((command) => command.instruction.range.start.line).join(", ");
    throw mistake(`circular dependency detected on stage: ${start.label}`, circle.at(-1)?.instruction.range, {
      code: "STAGE_CIRCLE",
      hint: `the circle goes through line ${lines}`,
    });
  }
}

/** A lone stage needs no name in front of its steps. */
export function labelStages({ stages, externals }: StagePlan): void {
  const [only, ...others] = [...stages, ...externals.values()];
  if (only !== undefined && others.length === 0) only.label = "";
}

function findCircle(
  stage: PlannedStage,
  done: Set<PlannedStage>,
  path: Set<PlannedStage>,
): readonly Command[] | undefined {
  if (done.has(stage)) return undefined;
  done.add(stage);
  path.add(stage);
  for (const command of stage.commands) {
    for (const source of command.sources) {
      if (source === undefined) continue;
      if (path.has(source)) return [command];
      const circle = findCircle(source, done, path);
      if (circle !== undefined) return [command, ...circle];
    }
  }
  path.delete(stage);
  return undefined;
}

/** The word behind FROM. */
function baseText({ image, range }: FromInstruction, compile: Compile): string {
  const text = expandWord(image.text, compile.globalArguments, { escape: compile.escape, range });
  if (text !== "") return text;
  throw mistake(`base name (${image.text}) should not be blank`, range, {
    code: "BASE_BLANK",
    hint: "give the argument a default in front of the first FROM, or a value with --build-arg",
  });
}

function planStage(
  { index, name, from }: Stage,
  image: string,
  byName: ReadonlyMap<string, PlannedStage>,
  compile: Compile,
): PlannedStage {
  const { range } = from;
  const platform = stagePlatform(from, compile);
  const wanted = platform ?? compile.options.platform;
  const options = { range, compile, stageNames: byName.keys() };
  const replacement = name === undefined ? undefined : contextOf(name, wanted, options);
  const stage = byName.get(image);
  const own = (): Base => (stage === undefined ? baseOf(image, wanted, options) : { type: "stage", stage });
  return {
    name,
    label: name ?? `stage-${index}`,
    base: replacement ?? own(),
    platform,
    range,
    bare: replacement !== undefined,
    commands: [],
  };
}

function stagePlatform(from: FromInstruction, compile: Compile): Platform | undefined {
  if (from.platform === undefined || from.platform === "") return undefined;
  const { range } = from;
  const text = expandWord(from.platform, compile.globalArguments, { escape: compile.escape, range });
  if (text === "")
    throw mistake(`empty platform value from expression ${from.platform}`, range, { code: "PLATFORM_INVALID" });
  try {
    return parsePlatform(text);
  } catch (cause) {
    const hint = `a platform is os/architecture, like ${formatPlatform(compile.options.platform)}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw mistake(`failed to parse platform ${from.platform}: ${reason}`, range, {
      code: "PLATFORM_INVALID",
      hint,
      cause,
    });
  }
}
