import type { ContainerConfig, HistoryEntry, ImageConfig, Platform } from "@tsbuild/oci";
import { DEFAULT_PATH } from "../dockerfile/base-image.ts";
import type { ResolvedImage } from "../dockerfile/compile-options.ts";
import { layerStep } from "../dockerfile/history.ts";
import { variablesOf, withEntry } from "../dockerfile/words.ts";
import type { HistoryStep, LocalContext } from "./compiled.ts";
import type { Op, Vertex } from "./op.ts";
import type { StateStep } from "./state.ts";
import type { VertexFactory } from "./vertex.ts";

/** What a compile of a state depends on besides the state. */
export interface StateOptions {
  readonly platform: Platform;
  /** Of every run that does not say its own. @default "default" */
  readonly network?: "default" | "host" | "none";
  /** `name:address`, for every run. */
  readonly extraHosts?: readonly string[];
  /** @default "buildkitsandbox", as for a Dockerfile */
  readonly hostname?: string;
  /** No step is taken from the cache. @default false */
  readonly noCache?: boolean;
  /** Added to the image's labels last. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a state comes to. */
export interface StateDraft {
  readonly platform: Platform;
  /** Undefined: an empty tree. */
  readonly root: Vertex | undefined;
  /** The build context whose files `root` holds, where it holds nothing else. */
  readonly folder?: Vertex | undefined;
  readonly config: ContainerConfig;
  /** The base image's config file. */
  readonly image: Partial<ImageConfig>;
  readonly baseHistory: readonly HistoryEntry[];
  readonly history: readonly HistoryStep[];
}

/** What a whole compile shares. */
export interface StateScope {
  readonly options: StateOptions;
  readonly vertex: VertexFactory;
  /** Folders by their generated names. */
  readonly contexts: Map<string, LocalContext>;
}

/** The step of a vertex, in the form that all of them have. */
export function stateVertex(op: Op, inputs: readonly Vertex[], name: string, { options, vertex }: StateScope): Vertex {
  return vertex(op, inputs, { name, ...(options.noCache === true ? { noCache: true } : {}) });
}

/** A state that starts from nothing. */
export function scratchDraft({ options }: StateScope): StateDraft {
  return emptyDraft(options.platform);
}

/** A state that starts from an image. */
export function imageDraft(
  { config, digest, reference }: ResolvedImage,
  platform: Platform,
  scope: StateScope,
): StateDraft {
  const { OnBuild: _, ...own } = config.config ?? {};
  const Env = variablesOf(own.Env).has("PATH") ? (own.Env ?? []) : withEntry(own.Env, "PATH", DEFAULT_PATH);
  const name = `FROM ${reference.includes("@") ? reference : `${reference}@${digest}`}`;
  const isEmpty = config.rootfs.diff_ids.length === 0;
  return {
    platform,
    root: isEmpty ? undefined : scope.vertex({ type: "image", reference, platform, digest }, [], { name }),
    config: { ...own, Env },
    image: config,
    baseHistory: config.history ?? [],
    history: [],
  };
}

/** A state that is a folder of this machine: as an image its files are one layer. */
export function localDraft(step: StateStep & { type: "local" }, scope: StateScope): StateDraft {
  const name = contextName(step, scope.contexts);
  const folder = scope.vertex({ type: "local", name }, [], { name: `[context ${name}] ${step.directory}` });
  const everything = { sources: ["."], destination: "/", parents: false, exclude: [], unpack: "never" } as const;
  const op: Op = { type: "file", base: -1, actions: [{ type: "copy", input: 0, ...everything }] };
  const root = stateVertex(op, [folder], "COPY . /", scope);
  return { ...emptyDraft(scope.options.platform), root, folder, history: [layerStep("COPY . /", root)] };
}

function emptyDraft(platform: Platform): StateDraft {
  const config = { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: "/" };
  return { platform, root: undefined, config, image: {}, baseHistory: [], history: [] };
}

/** `local-1`, `local-2`: one name for what is the same folder with the same patterns. */
function contextName(step: StateStep & { type: "local" }, contexts: Map<string, LocalContext>): string {
  const { type: _, ...context } = step;
  const text = JSON.stringify(context);
  const known = [...contexts].find(([, other]) => JSON.stringify(other) === text)?.[0];
  const name = known ?? `local-${contexts.size + 1}`;
  contexts.set(name, context);
  return name;
}
