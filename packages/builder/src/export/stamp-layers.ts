import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AbortOptions,
  type Digest,
  digestHex,
  isDigest,
  type Layer,
  type LocalStore,
  MEDIA_TYPE,
} from "@tsbuild/oci";
import { isStamped, type StampedLayer, stampOf } from "../files/stamped-layer.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import { writeWhole } from "../write-whole.ts";
import { retimeLayer } from "./retime-layer.ts";

/**
 * The chain as it is under `epoch`: layers that COPY, ADD and WORKDIR made under another one, at an earlier commit, get
 * the new time, and are then what a build without a cache makes. All others stay. Which layer became which is remembered.
 */
export async function stampLayers(
  store: LocalStore,
  layers: readonly Layer[],
  { epoch, signal }: AbortOptions & { readonly epoch: number | undefined },
): Promise<readonly Layer[]> {
  if (epoch === undefined) return layers;
  const stamped: StampedLayer[] = [];
  for (const layer of layers) {
    const stamp = stampOf(layer);
    const isOld = stamp !== undefined && stamp !== epoch;
    stamped.push(isOld ? await restamp(store, layer, { to: epoch, signal }) : layer);
  }
  return stamped;
}

interface Restamp extends AbortOptions {
  readonly to: number;
}

async function restamp(store: LocalStore, layer: Layer, { to, signal }: Restamp): Promise<StampedLayer> {
  const folder = join(store.folder("cache"), "stamps");
  const file = join(folder, digestHex(cacheKeyOf({ ...layer, to }).digest));
  const known = readKnown(file);
  if (known !== undefined && store.has(known.diffId)) return { ...known, stamp: to };
  const made = await retimeLayer(store, layer, (entry) => (isStamped(layer, entry) ? to : undefined), { signal });
  mkdirSync(folder, { recursive: true });
  writeWhole(file, `${made.diffId} ${made.descriptor.size}\n`);
  return { ...made, stamp: to };
}

function readKnown(file: string): Layer | undefined {
  try {
    const [diffId = "", size = ""] = readFileSync(file, "utf8").trim().split(" ");
    return isDigest(diffId) && /^\d+$/.test(size) ? plainLayer(diffId, Number(size)) : undefined;
  } catch {
    return undefined;
  }
}

function plainLayer(diffId: Digest, size: number): Layer {
  return { descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size }, diffId };
}
