import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  type AbortOptions,
  type Digest,
  type Entry,
  encodeEntry,
  type Layer,
  type LocalStore,
  MEDIA_TYPE,
  readTar,
  streamFile,
  TAR_END,
  tarPadding,
} from "@tsbuild/oci";

/** Seconds since 1970 that an entry is to have; undefined: its own, to the nanosecond. */
export type TimeOf = (entry: Entry) => number | undefined;

/** Bytes that are written at a time. */
const BLOCK = 1 << 20;

/** The same layer with other times, in the store too. The layer itself must be plain in the store. */
export async function retimeLayer(
  store: LocalStore,
  layer: Layer,
  timeOf: TimeOf,
  options: AbortOptions = {},
): Promise<Layer> {
  const path = store.temporaryPath();
  try {
    const { diffId, size } = await writeTar(retimedTar(store.blobPath(layer.diffId), timeOf, options), path);
    if (diffId === layer.diffId) return layer;
    await store.adopt(path, diffId);
    return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
  } finally {
    rmSync(path, { force: true });
  }
}

async function* retimedTar(path: string, timeOf: TimeOf, options: AbortOptions): AsyncGenerator<Uint8Array> {
  for await (const { entry, body } of readTar(streamFile(path, options))) {
    const mtime = timeOf(entry);
    yield encodeEntry(mtime === undefined ? entry : { ...entry, mtime, mtimeNsec: 0 });
    yield* body;
    yield new Uint8Array(tarPadding(entry.size));
  }
  yield TAR_END;
}

async function writeTar(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): Promise<{ readonly diffId: Digest; readonly size: number }> {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  let size = 0;
  try {
    for await (const block of inBlocks(chunks)) {
      hash.update(block);
      await file.writeFile(block);
      size += block.length;
    }
  } finally {
    await file.close();
  }
  return { diffId: `sha256:${hash.digest("hex")}`, size };
}

/** Small chunks put together: a tar has three for each file, and each write costs more than many small files have bytes. */
async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < BLOCK) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  yield Buffer.concat(waiting);
}
