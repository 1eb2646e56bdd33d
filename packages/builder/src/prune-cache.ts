import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AbortOptions, type Digest, isDigest, type LocalStore } from "@tsbuild/oci";
import type { Runtime } from "@tsbuild/runtime";
import { openCache } from "./solver/cache.ts";

export interface PruneOptions extends AbortOptions {
  /** Removes every record, and what is remembered beside them. @default false */
  readonly all?: boolean;
  /** Removes the longest unused records until the layers of the rest take no more than this. @default no limit */
  readonly keepBytes?: number;
}

/**
 * Removes cache records and the content that only they kept. Content of the last hour stays but for `all`: it may belong
 * to a build under way.
 */
export async function pruneCache(
  store: LocalStore,
  { all = false, keepBytes, signal }: PruneOptions = {},
): Promise<{ readonly freedBytes: number }> {
  const folder = store.folder("cache");
  const keep = keepRecords(store, folder, all ? 0 : (keepBytes ?? Number.POSITIVE_INFINITY));
  if (all)
    for (const name of ["checksums", "content", "contexts", "stamps"])
      rmSync(join(folder, name), { recursive: true, force: true });
  const freedBytes = await store.collect({ keep, signal, ...(all ? { graceMs: 0 } : {}) });
  return { freedBytes };
}

/** Removes the unpacked layers whose plain tars are gone. Does nothing where none was ever unpacked. Returns the bytes freed. */
export async function pruneSnapshots(store: LocalStore, openRuntime: () => Promise<Runtime>): Promise<number> {
  if (!existsSync(join(store.root, "snapshots", "layers"))) return 0;
  const runtime = await openRuntime();
  return runtime.prune({ has: (diffId) => isDigest(diffId) && store.has(diffId) });
}

/** Keeps the newest records whose layers fit into `limit`, removes the rest; returns the digests that they need. */
function keepRecords(store: LocalStore, folder: string, limit: number): ReadonlySet<string> {
  const cache = openCache(folder);
  const keep = new Set<string>();
  let bytes = 0;
  for (const { key, layers } of cache.entries().slice().reverse()) {
    const digests = layers.flatMap(({ diffId, descriptor }) => [diffId, descriptor.digest]);
    const added = new Set(digests.filter((digest) => !keep.has(digest)));
    const size = [...added].reduce((sum, digest) => sum + sizeOf(store, digest), 0);
    if (bytes + size > limit || limit === 0) {
      cache.remove(key);
      continue;
    }
    bytes += size;
    for (const digest of added) keep.add(digest);
  }
  return keep;
}

function sizeOf(store: LocalStore, digest: Digest): number {
  return statSync(store.blobPath(digest), { throwIfNoEntry: false })?.size ?? 0;
}
