import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  type AbortOptions,
  type Digest,
  encodeEntry,
  type Layer,
  type LocalStore,
  MEDIA_TYPE,
  readTar,
  streamFile,
  TAR_END,
  tarPadding,
} from "@tsbuild/oci";

export interface ClampOptions extends AbortOptions {
  /** Seconds since 1970: no time is later afterwards. */
  readonly epoch: number;
  /** Layers that stay as they are: those of base images. */
  readonly keep: ReadonlySet<Digest>;
}

/** The same chain with no time later than the epoch. Every layer but those of `keep` must be plain in the store. */
export async function clampTimes(
  store: LocalStore,
  layers: readonly Layer[],
  options: ClampOptions,
): Promise<readonly Layer[]> {
  const clamped: Layer[] = [];
  for (const layer of layers)
    clamped.push(options.keep.has(layer.diffId) ? layer : await clampLayer(store, layer, options));
  return clamped;
}

async function clampLayer(store: LocalStore, layer: Layer, { epoch, signal }: ClampOptions): Promise<Layer> {
  const path = store.temporaryPath();
  try {
    const { diffId, size } = await writeTar(clampedTar(store.blobPath(layer.diffId), epoch, { signal }), path);
    if (diffId === layer.diffId) return layer;
    await store.adopt(path, diffId);
    return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
  } finally {
    rmSync(path, { force: true });
  }
}

async function* clampedTar(path: string, epoch: number, options: AbortOptions): AsyncGenerator<Uint8Array> {
  for await (const { entry, body } of readTar(streamFile(path, options))) {
    const isLate = entry.mtime > epoch || (entry.mtime === epoch && entry.mtimeNsec > 0);
    yield encodeEntry(isLate ? { ...entry, mtime: epoch, mtimeNsec: 0 } : entry);
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
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
      size += chunk.length;
    }
  } finally {
    await file.close();
  }
  return { diffId: `sha256:${hash.digest("hex")}`, size };
}
