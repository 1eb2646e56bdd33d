import type { Vertex } from "../graph/op.ts";
import type { CacheRecord } from "./cache.ts";
import type { CacheKey } from "./cache-key.ts";
import type { Result } from "./op-runner.ts";

/** A step that the cache does not answer. */
export interface Miss {
  readonly vertex: Vertex;
  readonly key: CacheKey;
  readonly inputs: readonly Result[];
  /** The record with that key, where there is one and it counts no more. */
  readonly record: CacheRecord | undefined;
  /** True: the cache was not asked. */
  readonly forced: boolean;
}
