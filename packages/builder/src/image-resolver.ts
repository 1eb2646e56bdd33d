import {
  type AbortOptions,
  formatReference,
  type Image,
  type LocalStore,
  type Platform,
  parseReference,
  platformMatches,
  readImage,
  TsbuildError,
} from "@tsbuild/oci";
import type { RegistryClient, Repository } from "@tsbuild/registry-client";
import { LAYOUT_IMAGES } from "./context/prepare-contexts.ts";
import type { ResolvedImage } from "./dockerfile/compile-options.ts";
import { isAvailable } from "./image-source.ts";

export interface ImageResolverOptions {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  /** Asks the registry even where the image is here. @default false */
  readonly pull?: boolean | undefined;
}

/** Finds base images. */
export type ImageResolver = (reference: string, platform: Platform, options?: AbortOptions) => Promise<ResolvedImage>;

/**
 * Finds images in the local store or, where it does not have them for that platform, in their registry; what a registry
 * says is kept: manifest, config and name, and for the layers only where they are.
 */
export function createImageResolver({ store, registry, pull = false }: ImageResolverOptions): ImageResolver {
  return async (reference, platform, options = {}) => {
    const here =
      pull && !reference.startsWith(LAYOUT_IMAGES) ? undefined : await findHere(store, reference, platform, options);
    const image = here ?? (await findThere({ store, registry, reference, platform }, options));
    return { digest: image.descriptor.digest, config: image.config, reference };
  };
}

/** Undefined where the store has no such image, has it for another platform only, or knows nobody who has its layers. */
async function findHere(
  store: LocalStore,
  reference: string,
  platform: Platform,
  { signal }: AbortOptions,
): Promise<Image | undefined> {
  try {
    const image = await readImage(store, reference, { platform, signal });
    if (!platformMatches(platform, image.platform)) return undefined;
    for (const layer of image.layers) if (!(await isAvailable(store, layer))) return undefined;
    return image;
  } catch (error) {
    if (TsbuildError.is(error, "NOT_FOUND") || TsbuildError.is(error, "PLATFORM_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function findThere(
  { store, registry, reference, platform }: ImageResolverOptions & { reference: string; platform: Platform },
  { signal }: AbortOptions,
): Promise<Image> {
  const { digest, tag } = parseReference(reference);
  const repository = registry.repository(reference);
  const image = await readImage(repository, digest ?? tag ?? "latest", { platform, signal });
  await keepImage(store, repository, image, { signal });
  await store.tag(image.descriptor, formatReference(parseReference(reference)));
  return image;
}

async function keepImage(
  store: LocalStore,
  repository: Repository,
  { descriptor, manifest, layers }: Image,
  options: AbortOptions,
): Promise<void> {
  for (const blob of [manifest.config, descriptor])
    await store.push(blob, () => repository.fetch(blob, options), options);
  for (const layer of layers) await store.addSource(layer.descriptor.digest, repository.name);
}
