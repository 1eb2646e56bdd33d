import { type ContainerConfig, formatPlatform, type HistoryEntry, type ImageConfig, type Platform } from "@tsbuild/oci";
import type { Diagnostic, ExpandOptions, Range } from "@tsbuild/parser";
import type { HistoryStep } from "../graph/compiled.ts";
import type { Op, Vertex } from "../graph/op.ts";
import type { VertexFactory } from "../graph/vertex.ts";
import { type BaseImage, baseFiles, baseName, DEFAULT_PATH } from "./base-image.ts";
import type { BuildArgument } from "./build-argument.ts";
import type { CompileOptions } from "./compile-options.ts";
import { configStep } from "./history.ts";
import { resolveWorkingDirectory } from "./image-paths.ts";
import type { PlannedStage } from "./stages.ts";
import { expandForDisplay, expandWord, type Variables, variablesOf, withEntry } from "./words.ts";

/** What a whole compile shares. */
export interface Compile {
  readonly options: CompileOptions;
  readonly escape: "\\" | "`";
  readonly globalArguments: Variables;
  /** Proxies: for every command, in no key. */
  readonly hiddenEnv: readonly string[];
  readonly vertex: VertexFactory;
  /** Mistakes and warnings so far. */
  readonly diagnostics: Diagnostic[];
}

/**
 * A stage while its instructions are gone through. The record changes; the values in it never do, so that a stage can
 * start from another one by taking them over.
 */
export interface StageDraft {
  readonly plan: PlannedStage;
  readonly platform: Platform;
  /** The base image's config file: what it says it is for. */
  readonly image: ImageConfig;
  readonly baseHistory: readonly HistoryEntry[];
  readonly noCache: boolean;
  /** Undefined: an empty file system. */
  root: Vertex | undefined;
  /** Of a stage without instructions: the build context whose files `root` holds. */
  readonly folder: Vertex | undefined;
  config: ContainerConfig;
  author: string | undefined;
  history: readonly HistoryStep[];
  /** What words and commands see: the config's Env and the ARGs so far. */
  variables: Variables;
  /** ARGs so far. */
  buildArguments: readonly BuildArgument[];
  /** A CMD of this stage: an ENTRYPOINT behind it leaves it alone. */
  hasCmd: boolean;
  /** Steps so far, for names like `[build 2/5]`. */
  stepsDone: number;
}

/** What a stage takes over from the stage that its FROM names. Triggers are run, not inherited. */
export function draftOfStage(plan: PlannedStage, base: StageDraft, compile: Compile): StageDraft {
  const { OnBuild: _, ...config } = base.config;
  const noCache = isUncached(plan, compile);
  return withDefaults({ ...base, plan, config, noCache, folder: undefined, hasCmd: false, stepsDone: 0 });
}

/** What a stage takes over from an image. */
export function draftOfImage(plan: PlannedStage, base: BaseImage, compile: Compile): StageDraft {
  const { OnBuild: _, ...config } = base.config.config ?? {};
  const name = stepName({ plan, stepsDone: 0, platform: base.platform }, `FROM ${baseName(plan, base)}`, compile);
  const files = baseFiles(base, name, compile);
  const draft: StageDraft = {
    plan,
    platform: base.platform,
    image: base.config,
    baseHistory: base.config.history ?? [],
    noCache: isUncached(plan, compile),
    root: files.root,
    folder: plan.bare ? files.folder : undefined,
    config,
    author: base.config.author,
    history: files.history,
    variables: variablesOf(config.Env),
    buildArguments: [],
    hasCmd: false,
    stepsDone: files.root === undefined ? 0 : 1,
  };
  return plan.bare ? draft : withDefaults(draft);
}

/** An instruction that changes nothing but the config, and its history text. */
export function commitConfig(draft: StageDraft, createdBy: string, config: Partial<ContainerConfig> = {}): void {
  draft.config = { ...draft.config, ...config };
  draft.history = [...draft.history, configStep(createdBy)];
}

/** A vertex to be, besides its op. */
export interface Step {
  /** Without the stage and the count: `RUN npm ci`. */
  readonly text: string;
  readonly inputs: readonly Vertex[];
  readonly range: Range;
  readonly triggered: boolean;
  /** The other half of the step before it, as the merge of COPY --link: it has that one's number. */
  readonly sameStep?: boolean;
}

/** The vertex of an instruction of `draft`. */
export function stepVertex(draft: StageDraft, compile: Compile, op: Op, step: Step): Vertex {
  const { hiddenEnv } = compile;
  if (step.sameStep === true) draft.stepsDone -= 1;
  const name = stepName(draft, `${step.triggered ? "ONBUILD " : ""}${step.text}`, compile);
  draft.stepsDone += 1;
  return compile.vertex(op, step.inputs, {
    name,
    range: step.range,
    ...(draft.plan.name === undefined ? {} : { stage: draft.plan.name }),
    ...(draft.noCache ? { noCache: true } : {}),
    ...(op.type === "exec" && hiddenEnv.length > 0 ? { hiddenEnv } : {}),
  });
}

/** Expands words of one instruction: all of them see the variables as they are before it. */
export function wordExpander(draft: StageDraft, compile: Compile, range: Range): (text: string) => string {
  const { variables } = draft;
  return (text) => expandWord(text, variables, { escape: compile.escape, range });
}

/** An instruction's text for people: the keyword in capitals, variables filled in. */
export function displayText(source: string, variables: Variables, options: ExpandOptions): string {
  return expandForDisplay(source, variables, options).replace(/^\S+/, (keyword) => keyword.toUpperCase());
}

/** Sets a variable for words and commands, not for the image. */
export function setVariable(draft: StageDraft, name: string, value: string): void {
  draft.variables = new Map(draft.variables).set(name, value);
}

/** The files of a stage for others to take: a build context itself where the stage is nothing but that. */
export function filesOf(draft: StageDraft): Vertex | undefined {
  return draft.folder ?? draft.root;
}

/** The inputs of a step, gathered while it is put together: each vertex once. */
export interface Inputs {
  /** The index of `vertex`; -1 for an empty tree. */
  add(vertex: Vertex | undefined): number;
  all(): readonly Vertex[];
}

/** The inputs of a step on top of `root`, which is the first of them where it is not empty. */
export function inputsOn(root: Vertex | undefined): Inputs {
  const inputs: Vertex[] = root === undefined ? [] : [root];
  const sources = new Map<Vertex, number>();
  return {
    add(vertex) {
      if (vertex === undefined) return -1;
      const index = sources.get(vertex) ?? inputs.push(vertex) - 1;
      sources.set(vertex, index);
      return index;
    },
    all: () => inputs,
  };
}

/** The directory that commands start in and relative paths start from. */
export function workingDirectory(draft: StageDraft): string {
  return draft.config.WorkingDir || "/";
}

function withDefaults(draft: StageDraft): StageDraft {
  const { os } = draft.platform;
  if (!draft.variables.has("PATH") && os !== "windows") {
    draft.config = { ...draft.config, Env: withEntry(draft.config.Env, "PATH", DEFAULT_PATH) };
    setVariable(draft, "PATH", DEFAULT_PATH);
  }
  const { WorkingDir } = draft.config;
  if (WorkingDir !== undefined && WorkingDir !== "")
    draft.config = { ...draft.config, WorkingDir: resolveWorkingDirectory(WorkingDir, WorkingDir, os) };
  return draft;
}

function isUncached({ name }: PlannedStage, { options }: Compile): boolean {
  const filter = options.noCacheFilter ?? [];
  return options.noCache === true || (name !== undefined && filter.some((stage) => stage.toLowerCase() === name));
}

/** `[build 2/5] RUN npm ci`: as BuildKit counts, WORKDIR always and the base where it is an image. */
function stepName(
  { plan, stepsDone, platform }: Pick<StageDraft, "plan" | "stepsDone" | "platform">,
  text: string,
  compile: Compile,
): string {
  const { base, commands, label } = plan;
  const hasBase = base.type === "image" || base.type === "context";
  const total = commands.filter(({ instruction }) => isStep(instruction.kind)).length + (hasBase ? 1 : 0);
  if (total === 0 || (plan.bare && plan.name === undefined)) return text;
  const count = `${stepsDone + 1}`.padStart(`${total}`.length);
  const prefix = compile.options.multiPlatform === true ? [formatPlatform(platform)] : [];
  return `[${[...prefix, ...(label === "" ? [] : [label]), `${count}/${total}`].join(" ")}] ${text}`;
}

function isStep(kind: string): boolean {
  return kind === "add" || kind === "copy" || kind === "run" || kind === "workdir";
}
