import { statSync } from "node:fs";
import type { AbortOptions } from "../bytes.ts";
import type { ContentSource } from "../content/store.ts";
import type { Image } from "../image.ts";
import { compressLayer } from "../layer/compress.ts";
import type { Layer } from "../layer/layer.ts";
import type { LayerStore } from "../layer/layer-index.ts";
import { makePlain } from "../layer/plain.ts";
import { type Compression, layerCompression, MEDIA_TYPE } from "../media-type.ts";
import { rewriteImage } from "./rewrite-image.ts";

/** Options of {@link recompressImage}. */
export interface RecompressOptions extends AbortOptions {
  readonly compression: Compression;
  /** gzip 1 to 9, zstd 1 to 22. @default 4 and 3 */
  readonly level?: number;
  /** Where layers come from that are not in the store. */
  readonly source?: ContentSource;
}

/**
 * Writes the image with its layers packed in another way. What the layers hold, and so their diffIds, stays.
 * @throws TsbuildError ZSTD_UNSUPPORTED, and those of reading the layers
 */
export async function recompressImage(store: LayerStore, image: Image, options: RecompressOptions): Promise<Image> {
  const layers: Layer[] = [];
  for (const layer of image.layers) layers.push(await recompress(store, layer, options));
  return rewriteImage(store, image, { layers }, options);
}

async function recompress(store: LayerStore, layer: Layer, options: RecompressOptions): Promise<Layer> {
  const { compression, level, signal, source } = options;
  if (layerCompression(layer.descriptor.mediaType) === compression) return layer;
  await makePlain(store, layer, { signal, ...(source === undefined ? {} : { source }) });
  if (compression !== "none") return compressLayer(store, layer, { compression, signal, ...(level && { level }) });
  const { size } = statSync(store.blobPath(layer.diffId));
  return { diffId: layer.diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: layer.diffId, size } };
}
