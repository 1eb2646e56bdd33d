import type { AbortOptions, Digest, Layer } from "@tsbuild/oci";
import type { Vertex } from "../graph/op.ts";
import type { CacheKey } from "./cache-key.ts";

/** What a vertex made. */
export interface Result {
  /** The cache key that the result is kept under: it stands for the result in the keys of whatever uses it. */
  readonly key: Digest;
  /** The whole chain, bottom first. */
  readonly layers: readonly Layer[];
  /** When it was made, also where the cache had it: milliseconds since 1970. */
  readonly made?: number;
}

/** What a cache record holds besides its key. */
export interface Output {
  /** The whole chain, bottom first. */
  readonly layers: readonly Layer[];
  /** What the op wants to know next time: an ETag, a commit. Never anything secret. */
  readonly notes?: Readonly<Record<string, string>>;
}

/** What the solver gives an op that works. */
export interface OpContext extends AbortOptions {
  log(stream: "stdout" | "stderr", data: Uint8Array): void;
  progress(id: string, current: number, total?: number): void;
}

/** All that the solver knows about ops: their keys, what a record still stands for, and how to run them. */
export interface OpRunner {
  /** The key of the vertex, whose inputs are solved. Undefined: its result is not worth a record. */
  cacheKey(vertex: Vertex, inputs: readonly Result[], context: OpContext): Promise<CacheKey>;
  /**
   * The layers that a record stands for on top of these inputs; undefined where they are gone or the record was made on
   * top of something else.
   */
  restore(
    vertex: Vertex,
    inputs: readonly Result[],
    kept: Output,
    context: OpContext,
  ): Promise<readonly Layer[] | undefined>;
  execute(vertex: Vertex, inputs: readonly Result[], context: OpContext): Promise<Output>;
}
