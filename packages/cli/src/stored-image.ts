import {
  type AbortOptions,
  type Descriptor,
  digestHex,
  formatReference,
  type Image,
  isDigest,
  type LocalStore,
  parseReference,
  readImage,
  TsbuildError,
  withDefaultTag,
} from "@tsbuild/oci";

/** An image of the local store with all its names. */
export interface StoredImage {
  readonly descriptor: Descriptor;
  /** Full references. */
  readonly names: readonly string[];
  /** Undefined where the store has no image of this machine's platform under these names. */
  readonly image: Image | undefined;
}

/** The full name that the store knows `text` by: defaults and the tag `latest` filled in. */
export function storeName(text: string): string {
  return formatReference(withDefaultTag(parseReference(text)));
}

/** All images that have a name, each once. */
export async function listStored(store: LocalStore, options: AbortOptions = {}): Promise<StoredImage[]> {
  const byDigest = new Map<string, { descriptor: Descriptor; names: string[] }>();
  for (const { name, descriptor } of await store.list()) {
    const known = byDigest.get(descriptor.digest);
    if (known === undefined) byDigest.set(descriptor.digest, { descriptor, names: [name] });
    else known.names.push(name);
  }
  const images: StoredImage[] = [];
  for (const entry of byDigest.values())
    images.push({ ...entry, image: await tryRead(store, entry.descriptor, options) });
  return images;
}

/**
 * The image that `text` stands for: a name, an image id (the config's digest), a manifest's digest, or the beginning of
 * one of the latter.
 * @throws TsbuildError NOT_FOUND, REFERENCE_AMBIGUOUS, REFERENCE_INVALID
 */
export async function findStored(store: LocalStore, text: string, options: AbortOptions = {}): Promise<StoredImage> {
  const descriptor = await store.resolve(text, options);
  const found = { descriptor, names: [], image: await tryRead(store, descriptor, options) };
  const same = (await listStored(store, options)).filter((other) => imageId(other) === imageId(found));
  const exact = same.find((other) => other.descriptor.digest === descriptor.digest);
  return exact ?? { ...found, names: same.flatMap((other) => other.names) };
}

/** The id that Docker shows: the digest of the config. */
export function imageId(stored: StoredImage): string {
  return stored.image?.manifest.config.digest ?? stored.descriptor.digest;
}

/** Twelve digits of a digest, as tables show it. */
export function shortId(digest: string): string {
  return isDigest(digest) ? digestHex(digest).slice(0, 12) : digest.slice(0, 12);
}

/** Bytes of all layers as they lie in the store or at the registry. */
export function imageSize(image: Image): number {
  return image.layers.reduce((sum, layer) => sum + layer.descriptor.size, 0);
}

async function tryRead(store: LocalStore, descriptor: Descriptor, options: AbortOptions): Promise<Image | undefined> {
  try {
    return await readImage(store, descriptor, options);
  } catch (error) {
    if (TsbuildError.is(error, "PLATFORM_NOT_FOUND") || TsbuildError.is(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}
