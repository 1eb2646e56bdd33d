import { type ImageSource, withFallback } from "@tsbuild/oci";
import type { Session } from "./session.ts";

/** The store, and behind it the registries that have the layers which were never needed here. */
export function storedContent({ store, registry }: Session): ImageSource {
  return withFallback(store, async (descriptor) => {
    for (const name of await store.sources(descriptor.digest)) {
      const repository = registry.repository(name);
      if (await repository.exists(descriptor)) return repository;
    }
    return undefined;
  });
}
