import { closeSync, openSync, readSync } from "node:fs";
import { TsbuildError } from "../error.ts";
import { readLayerIndex } from "./index-file.ts";
import type { Layer } from "./layer.ts";
import type { LayerIndex, LayerStore } from "./layer-index.ts";
import { createMerge, type Merge } from "./merge.ts";
import { joinPath } from "./path.ts";
import { resolveInside } from "./resolve-path.ts";
import { streamRange } from "./stream-range.ts";
import type { Tree, TreeEntry } from "./tree.ts";

/**
 * Opens a chain of plain layers, lowest first, as one read-only tree. Nothing is unpacked: directories are merged from
 * the layers' indexes when they are first asked about, and kept. Synchronous.
 *
 * @throws TsbuildError NOT_FOUND where a layer is not plain in the store (see `makePlain`); the tree's calls throw
 * TREE_SYMLINK_LOOP, and LAYER_INVALID where a hard link leads nowhere
 */
export function openTree(store: Pick<LayerStore, "folder" | "has" | "blobPath">, layers: readonly Layer[]): Tree {
  return treeOf(layers.map((layer) => readLayerIndex(store, layer.diffId)));
}

/** The tree of a chain of layers whose indexes are read already, lowest first. */
export function treeOf(indexes: readonly LayerIndex[]): Tree {
  const merge = createMerge(indexes);
  const lstat = (path: string): TreeEntry | undefined => merge.entry(path);
  const resolve: Tree["resolve"] = (path, options) => resolveInside(lstat, path, options?.followLast ?? true);
  return {
    lstat,
    resolve,
    readdir: (path) => [...(merge.names(path) ?? [])],
    walk: (path) => walk(merge, path),
    readFile(path, limit) {
      const entry = lstat(resolve(path));
      return entry?.content === undefined ? undefined : readContent(entry, limit ?? entry.size);
    },
    stream(entry, options) {
      if (entry.content !== undefined) return streamRange(entry.content, options);
      throw new TsbuildError("NOT_A_FILE", `${entry.path} is no file and has no content`);
    },
  };
}

function* walk(merge: Merge, path: string): Generator<TreeEntry> {
  const entry = merge.entry(path);
  if (entry === undefined) return;
  yield entry;
  for (const name of merge.names(path) ?? []) yield* walk(merge, joinPath(path, name));
}

function readContent(entry: TreeEntry, limit: number): Uint8Array {
  const { file, offset, size } = entry.content as NonNullable<TreeEntry["content"]>;
  const bytes = Buffer.alloc(Math.min(limit, size));
  const descriptor = openSync(file, "r");
  try {
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, offset + at);
      if (read === 0) throw new TsbuildError("BLOB_TRUNCATED", `${file} ends before the content of ${entry.path}`);
      at += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
