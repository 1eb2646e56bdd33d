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
import { type StampedLayer, stampOf } from "../files/stamped-layer.ts";
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
    stamped.push(isOld ? await restamp(store, layer, { from: stamp, to: epoch, signal }) : layer);
  }
  return stamped;
}

interface Restamp extends AbortOptions {
  readonly from: number;
  readonly to: number;
}

async function restamp(store: LocalStore, layer: Layer, { from, to, signal }: Restamp): Promise<StampedLayer> {
  const folder = join(store.folder("cache"), "stamps");
  const file = join(folder, `${digestHex(layer.diffId)}.${to}`);
  const known = readKnown(file);
  if (known !== undefined && store.has(known.diffId)) return { ...known, stamp: to };
  const timeOf = ({ mtime, mtimeNsec }: { readonly mtime: number; readonly mtimeNsec: number }): number | undefined =>
    mtime === from && mtimeNsec === 0 ? to : undefined;
  const made = await retimeLayer(store, layer, timeOf, { signal });
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
