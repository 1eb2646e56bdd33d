import { rmSync } from "node:fs";
import { type AbortOptions, readAll } from "../bytes.ts";
import { parseImageConfig } from "../config.ts";
import type { Descriptor } from "../descriptor.ts";
import type { Digest } from "../digest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { JSON_LIMIT } from "../shape.ts";
import { listBlobs } from "./blob-list.ts";
import { childrenOf, walkGraph } from "./graph.ts";
import type { ContentSource } from "./store.ts";

/** Everything that these roots reach: manifests, configs, layers, and the plain tars that a config's diffIds name. */
export async function reachable(
  source: ContentSource,
  roots: readonly Descriptor[],
  options: AbortOptions,
): Promise<Set<string>> {
  const marked = new Set<string>();
  for (const root of roots) {
    if (marked.has(root.digest)) continue;
    marked.add(root.digest);
    for await (const node of walkGraph(source, root, { ...options, onMissing: () => undefined })) {
      for (const child of childrenOf(node)) marked.add(child.digest);
      if (node.manifest === undefined) continue;
      for (const diffId of await diffIdsOf(source, node.manifest.config, options)) marked.add(diffId);
    }
  }
  return marked;
}

/** Removes the blobs that `isKept` does not keep and that nobody touched since `beforeMs`; returns the bytes freed. */
export function removeUnmarked(
  root: string,
  beforeMs: number,
  { isKept, onRemoved }: { isKept(digest: string): boolean; onRemoved(digest: Digest): void },
): number {
  let freed = 0;
  for (const { path, digest, size, touchedMs } of listBlobs(root)) {
    if (digest === undefined || isKept(digest) || touchedMs > beforeMs) continue;
    rmSync(path, { force: true });
    onRemoved(digest);
    freed += size;
  }
  return freed;
}

/** The diffIds that an image's config names; none where it is absent or no image's. */
export async function diffIdsOf(
  source: ContentSource,
  config: Descriptor,
  options: AbortOptions,
): Promise<readonly Digest[]> {
  const isConfig = config.mediaType === MEDIA_TYPE.ociConfig || config.mediaType === MEDIA_TYPE.dockerConfig;
  if (!isConfig || !(await source.exists(config))) return [];
  const bytes = await readAll(await source.fetch(config, options), { limit: JSON_LIMIT, signal: options.signal });
  return parseImageConfig(bytes).rootfs.diff_ids;
}
