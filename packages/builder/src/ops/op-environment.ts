import type { Digest, ImageSource, Layer, LocalStore } from "@tsbuild/oci";
import { makePlain } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { ResourceLimits, Runtime } from "@tsbuild/runtime";
import { BuildError } from "../build-error.ts";
import type { ContextInput, FileInput } from "../files/file-task.ts";
import type { FileWorkers } from "../files/file-workers.ts";
import type { Vertex } from "../graph/op.ts";
import type { ImageResolver } from "../image-resolver.ts";
import type { CacheKey } from "../solver/cache-key.ts";
import { createLimit } from "../solver/limit.ts";
import type { OpContext, Output, Result } from "../solver/op-runner.ts";
import type { Download } from "./download.ts";

/** What the ops of one build work with. */
export interface OpEnvironment {
  readonly store: LocalStore;
  /** The store, and the repositories that have what it lacks. */
  readonly source: ImageSource;
  readonly registry: RegistryClient;
  readonly resolveImage: ImageResolver;
  /** The folders behind local ops. */
  readonly contexts: ReadonlyMap<string, ContextInput>;
  readonly workers: FileWorkers;
  /** Made at the first call: a build whose RUNs are all cached needs none. */
  readonly runtime: () => Promise<Runtime>;
  readonly secrets: Readonly<Record<string, Uint8Array | string>>;
  /** Sockets of SSH agents by id. */
  readonly ssh: Readonly<Record<string, string>>;
  /** What a RUN may take of the machine. */
  readonly limits?: ResourceLimits | undefined;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number | undefined;
  readonly download: Download;
  /** The time of all that COPY, ADD and WORKDIR add, in seconds since 1970; undefined: files keep their own. */
  readonly epoch: number | undefined;
  /** True: nothing is made and nothing fetched, only keys are computed. */
  readonly planning?: boolean;
}

/** One kind of op: what {@link OpRunner} asks, for vertices of that kind only. */
export interface OpKind<Op> {
  cacheKey(step: Step<Op>, context: OpContext): Promise<CacheKey>;
  restore(step: Step<Op>, kept: Output, context: OpContext): Promise<readonly Layer[] | undefined>;
  execute(step: Step<Op>, context: OpContext): Promise<Output>;
}

/** A vertex whose inputs are solved. */
export interface Step<Op> {
  readonly op: Op;
  readonly vertex: Vertex;
  readonly inputs: readonly Result[];
}

/** Brings the files of a chain here, in plain form: three layers at a time, as transfers go. */
export async function makeAllPlain(env: OpEnvironment, layers: readonly Layer[], context: OpContext): Promise<void> {
  if (env.planning === true) assertHere(env, layers);
  const limit = createLimit(3);
  const { source } = env;
  await Promise.all(
    layers.map((layer) =>
      limit(() =>
        makePlain(env.store, layer, {
          source,
          signal: context.signal,
          onEvent: (event) => {
            if (event.type === "transfer.progress")
              context.progress(event.descriptor.digest, event.bytes, event.descriptor.size);
          },
        }),
      ),
    ),
  );
}

function assertHere({ store }: OpEnvironment, layers: readonly Layer[]): void {
  const missing = layers.find(({ diffId, descriptor }) => !store.has(diffId) && !store.has(descriptor.digest));
  if (missing === undefined) return;
  throw new BuildError("FILES_NOT_HERE", `the layer ${missing.diffId} is not here`, {
    hint: "A build fetches it.",
  });
}

/** The layers of an input of the op; -1 is an empty tree. */
export function layersOf(inputs: readonly Result[], input: number): readonly Layer[] {
  return inputs[input]?.layers ?? [];
}

/** An input as a file worker can be told. */
export function fileInputOf(
  env: Pick<OpEnvironment, "contexts">,
  vertex: Vertex | undefined,
  result: Result | undefined,
): FileInput {
  const context = vertex?.op.type === "local" ? env.contexts.get(vertex.op.name) : undefined;
  const stage = vertex?.meta.stage === undefined ? "" : ` of stage ${vertex.meta.stage}`;
  return context ?? { type: "layers", title: `the files${stage}`, layers: result?.layers ?? [] };
}

/**
 * The chain that a record with one layer on top of `base` stands for: undefined where its top layer is gone, or where it
 * was made on top of other layers than those that are there now.
 */
export function restoreOnTop(env: OpEnvironment, base: readonly Layer[], kept: Output): readonly Layer[] | undefined {
  const top = kept.layers.at(-1);
  const same = kept.layers.length === base.length + 1 && base.every((layer, at) => sameLayer(layer, kept.layers[at]));
  return top !== undefined && same && env.store.has(top.diffId) ? [...base, top] : undefined;
}

function sameLayer(layer: Layer, other: Layer | undefined): boolean {
  return layer.diffId === other?.diffId;
}

/** The diffIds of a chain: what stands for its content. */
export function diffIdsOf(layers: readonly Layer[]): readonly Digest[] {
  return layers.map(({ diffId }) => diffId);
}
