import { type ImageSource, type Layer, type LocalStore, withFallback } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";

/**
 * The local store as a source that also has what it only knows the place of: base layers that no step has needed yet
 * come from the repositories noted for them.
 */
export function createImageSource(store: LocalStore, registry: RegistryClient): ImageSource {
  return withFallback(store, async (descriptor) => {
    const repositories = (await store.sources(descriptor.digest)).map((name) => registry.repository(name));
    if (repositories.length < 2) return repositories[0];
    for (const repository of repositories)
      if (await repository.exists(descriptor).catch(() => false)) return repository;
    return repositories[0];
  });
}

/** Tells whether a layer is here in some form, or a repository is known to have it. */
export async function isAvailable(store: LocalStore, { descriptor, diffId }: Layer): Promise<boolean> {
  if (store.has(diffId) || store.has(descriptor.digest)) return true;
  return (await store.sources(descriptor.digest)).length > 0;
}
