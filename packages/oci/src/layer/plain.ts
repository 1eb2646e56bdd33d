import type { AbortOptions, Bytes } from "../bytes.ts";
import type { ContentSource } from "../content/store.ts";
import type { TransferEvent } from "../content/transfer.ts";
import type { Digest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { createTarScanner } from "../tar/scan.ts";
import { unpackTo } from "./decompress.ts";
import { createHashedFile, type HashedFile } from "./hashed-file.ts";
import { inTurn } from "./in-turn.ts";
import { createIndexBuilder } from "./index-builder.ts";
import { ensureLayerIndex, indexTarFile, writeLayerIndex } from "./index-file.ts";
import type { Layer } from "./layer.ts";
import type { LayerStore } from "./layer-index.ts";
import { streamFile } from "./stream-range.ts";

/** Options of {@link makePlain}. */
export interface MakePlainOptions extends AbortOptions {
  /** Where to fetch the packed layer where the store does not have it: a repository. */
  readonly source?: ContentSource;
  readonly onEvent?: (event: TransferEvent) => void;
}

/**
 * Makes the plain tar of a layer a blob of the store, and its index: after it, {@link openTree} can open the layer.
 *
 * The packed layer is read once, from the store or from `source` (it is then kept in the store too), and in that one
 * pass unpacked, checked against both digests and indexed. Does nothing where all is there already. Calls for the same
 * layer take turns, so that only the first one works.
 *
 * @throws TsbuildError NOT_FOUND, DIGEST_MISMATCH, ZSTD_UNSUPPORTED, TAR_INVALID, LAYER_INVALID
 */
export function makePlain(store: LayerStore, layer: Layer, options: MakePlainOptions = {}): Promise<void> {
  return inTurn(store, layer.diffId, async () => {
    options.signal?.throwIfAborted();
    if (store.has(layer.diffId)) return ensureLayerIndex(store, layer.diffId);
    const packed = await openPacked(store, layer, options);
    await unpack(store, layer, packed, options);
  });
}

interface Packed {
  readonly bytes: Bytes;
  /** True: the store does not have it yet. */
  readonly fetched: boolean;
}

async function openPacked(store: LayerStore, { descriptor }: Layer, options: MakePlainOptions): Promise<Packed> {
  const { digest } = descriptor;
  if (store.has(digest)) return { bytes: streamFile(store.blobPath(digest), options), fetched: false };
  if (options.source === undefined)
    throw new TsbuildError("NOT_FOUND", `the layer ${digest} is not in the store`, {
      hint: "Pull the image that it belongs to.",
    });
  options.onEvent?.({ type: "transfer.started", descriptor });
  return { bytes: await options.source.fetch(descriptor, { signal: options.signal }), fetched: true };
}

async function unpack(store: LayerStore, layer: Layer, packed: Packed, options: MakePlainOptions): Promise<void> {
  const { descriptor, diffId } = layer;
  // A layer that travels plain is one file, not two.
  const keep = packed.fetched && descriptor.digest !== diffId;
  const packedFile = createHashedFile(store.temporaryPath(), { like: descriptor.digest, keep });
  const plainFile = createHashedFile(store.temporaryPath(), { like: diffId });
  const index = createIndex();
  try {
    await unpackTo(
      tap(packed, packedFile, layer, options),
      async (chunk) => {
        index.write(chunk);
        await plainFile.write(chunk);
      },
      options,
    );
    index.end();
    checkDigest("the packed layer", (await packedFile.finish()).digest, descriptor.digest);
    checkDigest("the unpacked layer", (await plainFile.finish()).digest, diffId);
    if (keep) await store.adopt(packedFile.path, descriptor.digest);
    if (packed.fetched) options.onEvent?.({ type: "transfer.done", descriptor });
    index.save(plainFile.path, store.folder("layers"), diffId);
    await store.adopt(plainFile.path, diffId);
  } finally {
    await Promise.all([packedFile.discard(), plainFile.discard()]);
  }
}

/** Passes the packed bytes on, hashed and, where they are new, written down. */
async function* tap(
  packed: Packed,
  file: HashedFile,
  { descriptor }: Layer,
  options: MakePlainOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of packed.bytes) {
    options.signal?.throwIfAborted();
    await file.write(chunk);
    bytes += chunk.length;
    if (packed.fetched) options.onEvent?.({ type: "transfer.progress", descriptor, bytes });
    yield chunk;
  }
}

function checkDigest(what: string, actual: Digest, expected: Digest): void {
  if (actual !== expected)
    throw new TsbuildError("DIGEST_MISMATCH", `${what} has the digest ${actual}, not ${expected}`, {
      hint: "The content was damaged or changed on its way: fetch the image again.",
    });
}

/** Builds the index from the bytes as they pass; a layer with sparse files is scanned again from its file. */
function createIndex() {
  const builder = createIndexBuilder();
  let sparse = false;
  const scanner = createTarScanner((found, offset) => {
    sparse ||= found.sparse !== undefined;
    builder.add(found.entry, offset);
  });
  return {
    write: scanner.write,
    end: scanner.end,
    save(file: string, folder: string, diffId: Digest): void {
      if (sparse) indexTarFile(file, folder, diffId);
      else writeLayerIndex(folder, diffId, builder);
    },
  };
}
