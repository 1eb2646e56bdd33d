import { join } from "node:path";
import { type Digest, digestHex, isDigest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { readFileIfThere, replaceFile } from "../file.ts";
import { canonicalJson } from "../json.ts";
import { layerCompression } from "../media-type.ts";
import { inTurn } from "./in-turn.ts";
import type { Layer } from "./layer.ts";
import type { LayerStore } from "./layer-index.ts";
import { DEFAULT_LEVEL, PACKED_TYPE, type PackOptions, packToFile } from "./pack.ts";
import { streamFile } from "./stream-range.ts";

/**
 * The layer in packed form, as it leaves for a registry or an archive: the packed blob is in the store afterwards. The
 * result is remembered for layer, compression and level, so that the work is done once. A layer that is packed so
 * already is returned as it is, whatever its level.
 *
 * @throws TsbuildError NOT_FOUND where the plain tar is not in the store, ZSTD_UNSUPPORTED
 */
export function compressLayer(store: LayerStore, layer: Layer, options: PackOptions): Promise<Layer> {
  const { compression, level = DEFAULT_LEVEL[compression] } = options;
  if (layerCompression(layer.descriptor.mediaType) === compression) return Promise.resolve(layer);
  return inTurn(store, `${layer.diffId} ${compression} ${level}`, async () => {
    options.signal?.throwIfAborted();
    const note = join(store.folder("layers"), `${digestHex(layer.diffId)}.${compression}-${level}.json`);
    const known = readNote(store, note);
    const packed = known ?? (await pack(store, layer.diffId, options));
    if (known === undefined) replaceFile(note, canonicalJson(packed), store.temporaryPath());
    return { diffId: layer.diffId, descriptor: { mediaType: PACKED_TYPE[compression], ...packed } };
  });
}

interface PackedBlob {
  readonly digest: Digest;
  readonly size: number;
}

async function pack(store: LayerStore, diffId: Digest, options: PackOptions): Promise<PackedBlob> {
  if (!store.has(diffId))
    throw new TsbuildError("NOT_FOUND", `the plain layer ${diffId} is not in the store`, {
      hint: "Call makePlain for the layer first.",
    });
  const path = store.temporaryPath();
  const packed = await packToFile(streamFile(store.blobPath(diffId), options), path, options);
  await store.adopt(path, packed.digest);
  return packed;
}

/** What was remembered, where the blob is still there. */
function readNote(store: LayerStore, path: string): PackedBlob | undefined {
  const bytes = readFileIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    const { digest, size } = JSON.parse(Buffer.from(bytes).toString()) as Partial<PackedBlob>;
    return isDigest(digest) && Number.isSafeInteger(size) && store.has(digest)
      ? { digest, size: size as number }
      : undefined;
  } catch {
    // Damaged: the work is done again.
    return undefined;
  }
}
