import {
  type AbortOptions,
  type Compression,
  type ContentSource,
  canonicalJson,
  compressLayer,
  type Descriptor,
  digestOf,
  type Image,
  isIndexType,
  type Layer,
  type LocalStore,
  layerCompression,
  parseIndex,
  readAll,
  readImage,
  recompressImage,
  writeImage,
} from "@tsbuild/oci";

/** How layers are packed. */
export interface PackImageOptions extends AbortOptions {
  /** @default "gzip" */
  readonly compression?: Compression;
  /** gzip 1 to 9, zstd 1 to 22. @default 4 and 3 */
  readonly level?: number;
  /** Also layers that came packed in another way. @default false: they stay as they are */
  readonly force?: boolean;
  /** Where such layers come from if they are not in the store. */
  readonly source?: ContentSource;
}

/** What an exporter lets its caller say of these. */
export type Packing = Pick<PackImageOptions, "compression" | "level" | "force">;

/**
 * The image as it leaves the machine: layers that are plain tars here are packed, once for each layer. The new manifest is in the store afterwards; the config, and so the image id, is the
 * same. An index is packed image by image.
 */
export async function packImage(
  store: LocalStore,
  image: Descriptor,
  options: PackImageOptions = {},
): Promise<Descriptor> {
  if (!isIndexType(image.mediaType)) return packManifest(store, image, options);
  const bytes = await readAll(await store.fetch(image, options), { limit: 4 << 20, signal: options.signal });
  const index = parseIndex(bytes);
  const manifests: Descriptor[] = [];
  for (const manifest of index.manifests) {
    const packed = store.has(manifest.digest) ? await packManifest(store, manifest, options) : manifest;
    manifests.push({ ...manifest, ...packed });
  }
  const isSame = manifests.every(({ digest }, at) => digest === index.manifests[at]?.digest);
  if (isSame) return image;
  const content = canonicalJson({ ...index, manifests });
  const descriptor = { ...image, digest: digestOf(content), size: content.byteLength };
  await store.push(descriptor, () => oneChunk(content), options);
  return descriptor;
}

async function packManifest(store: LocalStore, descriptor: Descriptor, options: PackImageOptions): Promise<Descriptor> {
  const { compression = "gzip", force = false, ...rest } = options;
  const image = await readImage(store, descriptor, options);
  if (force) return (await recompressImage(store, image, { ...rest, compression })).descriptor;
  if (compression === "none" || image.layers.every((layer) => !isPlain(layer))) return descriptor;
  const layers: Layer[] = [];
  for (const layer of image.layers)
    layers.push(isPlain(layer) ? await compressLayer(store, layer, { ...rest, compression }) : layer);
  return (await writeImage(store, partsOf(image, layers), options)).descriptor;
}

function partsOf({ config, manifest }: Image, layers: readonly Layer[]): Parameters<typeof writeImage>[1] {
  const { annotations } = manifest;
  return { config, layers, ...(annotations === undefined ? {} : { annotations }) };
}

function isPlain({ descriptor }: Layer): boolean {
  return layerCompression(descriptor.mediaType) === "none";
}

async function* oneChunk(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
