import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AbortOptions } from "../bytes.ts";
import type { ContentStore, FileStore } from "../content/store.ts";
import type { Descriptor } from "../descriptor.ts";
import { type Compression, MEDIA_TYPE } from "../media-type.ts";
import { type FileEntry, planLayer } from "./file-entry.ts";
import { createFileLayer } from "./file-layer.ts";
import type { Layer } from "./layer.ts";
import { PACKED_TYPE, packToFile } from "./pack.ts";
import { streamFile } from "./stream-range.ts";

/** Options of {@link writeLayer}. */
export interface WriteLayerOptions extends AbortOptions {
  /** How the blob in the store is packed. @default "none": layers are packed when they leave, see `compressLayer` */
  readonly compression?: Compression;
}

/**
 * Writes a layer that has these files to `store`. Entries are sorted by path, and parents that none names are added as
 * directories of root's with mode 0755, so that the same files always give the same digest.
 *
 * @example
 * const layer = await writeLayer(store, [{ path: "app/main.js", content: "console.log(1)", mode: 0o755 }]);
 * @throws TsbuildError ENTRY_INVALID, FILE_UNREADABLE, FILE_CHANGED, ZSTD_UNSUPPORTED
 */
export async function writeLayer(
  store: ContentStore,
  entries: Iterable<FileEntry> | AsyncIterable<FileEntry>,
  { compression = "none", signal }: WriteLayerOptions = {},
): Promise<Layer> {
  const folder = await mkdtemp(join(tmpdir(), "tsbuild-layer-"));
  const plain = isFileStore(store) ? store.temporaryPath() : join(folder, "plain");
  const packed = isFileStore(store) ? store.temporaryPath() : join(folder, "packed");
  try {
    const { diffId, size } = await writePlain(plain, folder, entries, { signal });
    if (compression === "none") {
      const descriptor: Descriptor = { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size };
      await put(store, plain, descriptor, { signal });
      return { descriptor, diffId };
    }
    const result = await packToFile(streamFile(plain), packed, { compression, signal });
    const descriptor: Descriptor = { mediaType: PACKED_TYPE[compression], ...result };
    await put(store, packed, descriptor, { signal });
    return { descriptor, diffId };
  } finally {
    for (const path of [plain, packed]) rmSync(path, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function writePlain(
  path: string,
  folder: string,
  entries: Iterable<FileEntry> | AsyncIterable<FileEntry>,
  options: AbortOptions,
): Promise<{ readonly diffId: Layer["diffId"]; readonly size: number }> {
  const layer = createFileLayer(path);
  try {
    for (const planned of await planLayer(entries, folder, options)) {
      options.signal?.throwIfAborted();
      planned.addTo(layer);
    }
    return layer.finish();
  } finally {
    layer.abort();
  }
}

async function put(store: ContentStore, path: string, descriptor: Descriptor, options: AbortOptions): Promise<void> {
  if (isFileStore(store)) return store.adopt(path, descriptor.digest);
  await store.push(descriptor, () => streamFile(path, options), options);
}

function isFileStore(store: ContentStore): store is FileStore {
  return "adopt" in store && "temporaryPath" in store;
}
