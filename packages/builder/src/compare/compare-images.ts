import {
  type AbortOptions,
  type ContentSource,
  type Digest,
  type Image,
  type LayerIndex,
  type LocalStore,
  makePlain,
  openTree,
  readLayerIndex,
} from "@tsbuild/oci";
import { nameOf, parentOf } from "../files/names.ts";
import { type PathDifference, treeDifferences } from "./tree-differences.ts";
import { type ValueDifference, valueDifferences } from "./value-differences.ts";

/** An image, and where its layers can be had where the store does not have them. */
export interface ComparedImage {
  readonly image: Image;
  readonly source?: ContentSource;
}

export interface CompareOptions extends AbortOptions {
  /** How many paths are listed at most; all are counted. @default 1000 */
  readonly limit?: number;
}

/** A path that is not the same in two images, and the layers (from 0) that put it there. */
export interface FileDifference extends PathDifference {
  readonly layerA?: number;
  readonly layerB?: number;
}

/** What differs between two images. How layers are packed makes no difference. */
export interface ImageComparison {
  /** True: same config, and so the same image id and the same layers. */
  readonly equal: boolean;
  /** In config and history, without the list of layers. */
  readonly config: readonly ValueDifference[];
  /** Places in the list of layers, with the digests of the plain tars. */
  readonly layers: readonly { readonly index: number; readonly a?: Digest; readonly b?: Digest }[];
  readonly files: readonly FileDifference[];
  /** How many paths differ in all. */
  readonly total: number;
}

/**
 * Compares two images: config, layers, and the files of the whole. Layers come to the store in plain form, but for those
 * that both have where nothing else differs.
 */
export async function compareImages(
  store: LocalStore,
  a: ComparedImage,
  b: ComparedImage,
  { limit = 1000, signal }: CompareOptions = {},
): Promise<ImageComparison> {
  const [{ rootfs: left, ...configA }, { rootfs: right, ...configB }] = [a.image.config, b.image.config];
  const config = valueDifferences(configA, configB);
  const layers = layerDifferences(left.diff_ids, right.diff_ids);
  const files: FileDifference[] = [];
  let total = 0;
  if (layers.length > 0) {
    const placeA = await openImage(store, a, { signal });
    const placeB = await openImage(store, b, { signal });
    for await (const difference of treeDifferences(placeA.tree, placeB.tree, { signal })) {
      if (total++ >= limit) continue;
      const { path, only } = difference;
      const layerA = only === "b" ? undefined : placeA.layerOf(path);
      const layerB = only === "a" ? undefined : placeB.layerOf(path);
      files.push({
        ...difference,
        ...(layerA === undefined ? {} : { layerA }),
        ...(layerB === undefined ? {} : { layerB }),
      });
    }
  }
  return { equal: config.length === 0 && layers.length === 0, config, layers, files, total };
}

function layerDifferences(a: readonly Digest[], b: readonly Digest[]): ImageComparison["layers"] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => ({ index, a: a[index], b: b[index] }))
    .filter((pair) => pair.a !== pair.b)
    .map(({ index, a: one, b: other }) => ({
      index,
      ...(one === undefined ? {} : { a: one }),
      ...(other === undefined ? {} : { b: other }),
    }));
}

async function openImage(store: LocalStore, { image, source }: ComparedImage, { signal }: AbortOptions) {
  for (const layer of image.layers) await makePlain(store, layer, { signal, ...(source && { source }) });
  const indexes = image.layers.map(({ diffId }) => readLayerIndex(store, diffId));
  return { tree: openTree(store, image.layers), layerOf: (path: string) => layerOf(indexes, path) };
}

/** The topmost layer that says anything of a path. */
function layerOf(indexes: readonly LayerIndex[], path: string): number | undefined {
  const at = indexes.findLastIndex((index) => {
    const entry = index.directory(parentOf(path))?.entries.get(nameOf(path));
    return entry !== undefined && entry.implied !== true;
  });
  return at < 0 ? undefined : at;
}
