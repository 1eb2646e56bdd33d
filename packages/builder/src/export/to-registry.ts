import { copyContent, formatReference, parseReference, withDefaultTag } from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import type { Exporter } from "./exporter.ts";
import { type Packing, packImage } from "./pack-image.ts";

/**
 * Pushes the image to the registry of `reference`, under its tag. Layers that the registry has are not sent again, those
 * that another of its repositories has are mounted, base layers that are not here go from registry to registry.
 */
export function toRegistry(reference: string, packing: Packing = {}): Exporter {
  const target = withDefaultTag(parseReference(reference));
  return {
    name: `registry ${formatReference(target)}`,
    async export({ image, store, registry, signal, onEvent }) {
      const source = createImageSource(store, registry);
      const packed = await packImage(store, image, { ...packing, source, signal });
      const repository = registry.repository(formatReference(target));
      const copied = await copyContent(source, repository, packed, {
        signal,
        onEvent: (transfer) => onEvent?.({ type: "transfer", transfer }),
      });
      if (target.tag !== undefined) await repository.tag(copied, target.tag, { signal });
    },
  };
}
