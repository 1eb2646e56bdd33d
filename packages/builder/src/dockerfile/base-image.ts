import { formatPlatform, type ImageConfig, type Platform, TsbuildError } from "@tsbuild/oci";
import { type Range, suggest } from "@tsbuild/parser";
import { BuildError } from "../build-error.ts";
import type { HistoryStep } from "../graph/compiled.ts";
import type { Vertex } from "../graph/op.ts";
import type { Base } from "./base.ts";
import type { CompilePorts, ResolvedImage } from "./compile-options.ts";
import { layerStep } from "./history.ts";
import type { Compile } from "./stage-draft.ts";
import type { PlannedStage, StagePlan } from "./stages.ts";

/** What a process finds where no one says otherwise. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a stage starts from that no other stage makes. */
export interface BaseImage {
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** The image; undefined: scratch or a folder. */
  readonly resolved?: ResolvedImage;
  /** The named context that stands for an image. */
  readonly folder?: string;
}

/** Finds what a stage starts from. */
export type BaseResolver = (stage: PlannedStage, base: Exclude<Base, { type: "stage" }>) => Promise<BaseImage>;

/** A resolver that asks for every image once. It rejects with whatever `resolveImage` rejects with. */
export function baseResolver(plan: StagePlan, target: Platform, ports: CompilePorts): BaseResolver {
  const asked = new Map<string, Promise<ResolvedImage>>();
  return async (stage, base) => {
    if (base.type === "scratch") return { config: emptyConfig(target), platform: target };
    const platform = stage.platform ?? target;
    if (base.type === "context") return { config: emptyConfig(platform), platform, folder: base.name };
    const key = `${base.reference} ${formatPlatform(platform)}`;
    const answer = asked.get(key) ?? resolveNamed(base, platform, { plan, ports, range: stage.range });
    asked.set(key, answer);
    const resolved = await answer;
    return { config: resolved.config, platform, resolved };
  };
}

/** The files that a base brings along. */
export interface BaseFiles {
  /** Undefined: none. */
  readonly root: Vertex | undefined;
  /** Where they are themselves in a build context, in place of `root`. */
  readonly folder?: Vertex;
  /** Layers that the base's own history does not know. */
  readonly history: readonly HistoryStep[];
}

/** The vertices of a base. `name` is the step's: `[build 1/5] FROM docker.io/library/debian:12@sha256:...`. */
export function baseFiles({ resolved, folder, platform }: BaseImage, name: string, compile: Compile): BaseFiles {
  if (folder !== undefined) return folderFiles(folder, name, compile);
  if (resolved === undefined || resolved.config.rootfs.diff_ids.length === 0) return { root: undefined, history: [] };
  const { reference, digest } = resolved;
  return { root: compile.vertex({ type: "image", reference, platform, digest }, [], { name }), history: [] };
}

/** How a base is called in the name of its step. */
export function baseName(stage: PlannedStage, { resolved, folder }: BaseImage): string {
  if (resolved === undefined) return folder ?? (stage.base.type === "scratch" ? "scratch" : stage.label);
  return resolved.reference.includes("@") ? resolved.reference : `${resolved.reference}@${resolved.digest}`;
}

/** The build context of that name. */
export function contextVertex(name: string, compile: Compile): Vertex {
  const label = name === "context" ? "[internal] load build context" : `[context ${name}] load from client`;
  return compile.vertex({ type: "local", name }, [], { name: label });
}

interface Asking {
  readonly plan: StagePlan;
  readonly ports: CompilePorts;
  /** Of the instruction that names the image. */
  readonly range: Range;
}

async function resolveNamed(
  { written, reference }: Base & { type: "image" },
  platform: Platform,
  { plan, ports, range }: Asking,
): Promise<ResolvedImage> {
  const options = ports.signal === undefined ? {} : { signal: ports.signal };
  try {
    return await ports.resolveImage(reference, platform, options);
  } catch (error) {
    if (!TsbuildError.is(error)) throw error;
    const stage = suggest(written, plan.byName.keys());
    const hint = stage === undefined ? error.hint : `did you mean the stage ${stage}?`;
    // biome-ignore lint/style/useErrorCause: the cause is there, in the third argument
    throw new BuildError(error.code, error.message, { cause: error, range, ...(hint === undefined ? {} : { hint }) });
  }
}

/** A folder in place of an image: its files as the one layer. */
function folderFiles(folder: string, name: string, compile: Compile): BaseFiles {
  const source = contextVertex(folder, compile);
  const everything = { sources: ["."], destination: "/", parents: false, exclude: [], unpack: "never" } as const;
  const root = compile.vertex(
    { type: "file", base: -1, actions: [{ type: "copy", input: 0, ...everything }] },
    [source],
    { name },
  );
  return { root, folder: source, history: [layerStep(`FROM ${folder}`, root, { marked: false })] };
}

function emptyConfig(platform: Platform): ImageConfig {
  const env = platform.os === "windows" ? {} : { Env: [`PATH=${DEFAULT_PATH}`] };
  return { ...platform, config: { ...env, WorkingDir: "/" }, rootfs: { type: "layers", diff_ids: [] } };
}
