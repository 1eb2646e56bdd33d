import type { Dockerfile, Stage } from "../../ast.ts";
import { expand } from "../../expand.ts";
import { isImageReference } from "../image-reference.ts";
import { platformParts } from "../platform-parts.ts";
import type { Flow, FlowOptions, FromFlow, PlatformMismatch, StepFlow } from "./flow.ts";
import { type Environment, type GlobalScope, globalScope, platformArgs } from "./global-scope.ts";
import { runStage, type StageState } from "./run-stage.ts";

export const EMPTY_FLOW: Flow = { invalidDefaults: [], froms: [], mismatches: [], steps: [] };

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Follows variables through the file as a build would. Where BuildKit would stop with an error, for example at a FROM whose
 * image comes out empty, the flow ends too: what lies behind cannot be judged.
 */
export function analyze(dockerfile: Dockerfile, options: FlowOptions): Flow {
  const base = platformArgs(dockerfile, options);
  const invalidDefaults = findInvalidDefaults(dockerfile, base);
  const scope = globalScope(dockerfile, base, options.buildArgs ?? {});
  if (scope === undefined) return { ...EMPTY_FLOW, invalidDefaults };
  const { froms, complete } = expandFroms(dockerfile, scope);
  if (!complete || !allImagesAreValid(froms)) return { invalidDefaults, froms, mismatches: [], steps: [] };
  return { invalidDefaults, froms, ...runStages(dockerfile, froms, { scope, options }) };
}

function findInvalidDefaults(dockerfile: Dockerfile, base: Environment): Stage[] {
  const scope = globalScope(dockerfile, base, {});
  if (scope === undefined) return [];
  const invalid: Stage[] = [];
  for (const stage of dockerfile.stages) {
    const image = expand(stage.from.image.text, (name) => scope.env.get(name), { escape: dockerfile.escape });
    if ("error" in image) return invalid;
    if (!isImageReference(image.text)) invalid.push(stage);
  }
  return invalid;
}

/** Up to and with the first FROM that cannot be built. */
function expandFroms(dockerfile: Dockerfile, { env, declared }: GlobalScope): { froms: FromFlow[]; complete: boolean } {
  const froms: FromFlow[] = [];
  const options = { escape: dockerfile.escape };
  const lookup = (name: string) => env.get(name);
  const knownArgs = [...new Set([...declared, ...env.keys()])];
  const targetPlatform = env.get("TARGETPLATFORM") ?? "";
  for (const stage of dockerfile.stages) {
    const image = expand(stage.from.image.text, lookup, options);
    if ("error" in image) return { froms, complete: false };
    const from = { stage, image, knownArgs, targetPlatform };
    const text = image.text === "" ? undefined : stage.from.platform;
    const platform = text === undefined || text === "" ? undefined : expand(text, lookup, options);
    if (platform !== undefined && "error" in platform) return { froms, complete: false };
    froms.push({ ...from, platform });
    const isBuildable = image.text !== "" && (platform === undefined || platformParts(platform.text) !== undefined);
    if (!isBuildable) return { froms, complete: false };
  }
  return { froms, complete: true };
}

/** Each is an earlier stage or can be pulled. */
function allImagesAreValid(froms: readonly FromFlow[]): boolean {
  const earlier = new Set<string>();
  for (const { image, stage } of froms) {
    if (!earlier.has(image.text) && !isImageReference(image.text)) return false;
    if (stage.name !== undefined) earlier.add(stage.name);
  }
  return true;
}

interface RunOptions {
  readonly scope: GlobalScope;
  readonly options: FlowOptions;
}

function runStages(
  dockerfile: Dockerfile,
  froms: readonly FromFlow[],
  { scope, options }: RunOptions,
): { mismatches: PlatformMismatch[]; steps: StepFlow[] } {
  const mismatches: PlatformMismatch[] = [];
  const steps: StepFlow[] = [];
  const states = new Map<string, StageState>();
  for (const from of froms) {
    const { stage, image } = from;
    const below = states.get(image.text);
    const start = below ?? startState(from, options, mismatches);
    const result = runStage(stage, start, { dockerfile, scope, buildArgs: options.buildArgs ?? {} });
    steps.push(...result.steps);
    if (result.failed) break;
    if (stage.name !== undefined) states.set(stage.name, result.state);
  }
  return { mismatches, steps };
}

/** The environment that an image brings. */
function startState(
  { stage, image, platform }: FromFlow,
  options: FlowOptions,
  mismatches: PlatformMismatch[],
): StageState {
  const expected = platform?.text ?? options.platform ?? "linux/amd64";
  const { os, architecture } = platformParts(expected) ?? { os: "linux", architecture: "" };
  const isScratch = image.text === "scratch";
  const base = isScratch ? undefined : options.baseImage?.(image.text, expected);
  if (base !== undefined && (base.os !== os || base.architecture !== architecture)) {
    mismatches.push({ stage, image: image.text, expected, actual: base.platform });
  }
  const env = new Map((base?.env ?? []).map(splitEntry));
  const path = splitEntry(DEFAULT_PATH);
  if (!env.has("PATH") && os !== "windows") env.set(...path);
  return {
    env,
    isEnvKnown: isScratch || base !== undefined,
    declaredArgs: new Set(),
    hasWorkdir: false,
    hasShell: base?.hasShell ?? false,
    os,
    triggers: [],
  };
}

function splitEntry(entry: string): [string, string] {
  const equals = entry.indexOf("=");
  return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
