import { copyContent, openLayout } from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import type { Exporter } from "./exporter.ts";
import { type Packing, packImage } from "./pack-image.ts";

/** Writes the image to an OCI image layout, which is made where missing; `tag` is its name there. */
export function toLayout(directory: string, tag?: string, packing: Packing = {}): Exporter {
  return {
    name: `oci layout ${directory}`,
    async export({ image, store, registry, tags, signal }) {
      const source = createImageSource(store, registry);
      const packed = await packImage(store, image, { ...packing, source, signal });
      const layout = await openLayout(directory);
      const copied = await copyContent(source, layout, packed, { signal });
      await layout.tag(copied, tag ?? tags[0] ?? "latest", { signal });
    },
  };
}
