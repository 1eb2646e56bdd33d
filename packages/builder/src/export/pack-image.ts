import {
  type AbortOptions,
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
  writeImage,
} from "@tsbuild/oci";

/**
 * The image as it leaves the machine: layers that are plain tars here are packed with gzip, once for each layer. Layers
 * that came packed stay as they are. The new manifest is in the store afterwards; the config, and so the image id, is the
 * same. An index is packed image by image.
 */
export async function packImage(store: LocalStore, image: Descriptor, options: AbortOptions = {}): Promise<Descriptor> {
  if (!isIndexType(image.mediaType)) return packManifest(store, image, options);
  const bytes = await readAll(await store.fetch(image, options), { limit: 4 << 20, signal: options.signal });
  const index = parseIndex(bytes);
  const manifests: Descriptor[] = [];
  for (const manifest of index.manifests) {
    const packed = store.has(manifest.digest) ? await packManifest(store, manifest, options) : manifest;
    manifests.push({ ...manifest, ...packed });
  }
  const content = canonicalJson({ ...index, manifests });
  const descriptor = { ...image, digest: digestOf(content), size: content.byteLength };
  await store.push(descriptor, () => oneChunk(content), options);
  return descriptor;
}

async function packManifest(store: LocalStore, descriptor: Descriptor, options: AbortOptions): Promise<Descriptor> {
  const image = await readImage(store, descriptor, options);
  if (image.layers.every((layer) => !isPlain(layer))) return descriptor;
  const layers: Layer[] = [];
  for (const layer of image.layers)
    layers.push(isPlain(layer) ? await compressLayer(store, layer, { compression: "gzip", ...options }) : layer);
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
