import type { AbortOptions } from "../bytes.ts";
import type { ImageConfig } from "../config.ts";
import type { ContentStore } from "../content/store.ts";
import type { Image } from "../image.ts";
import { rewriteImage } from "./rewrite-image.ts";

/**
 * Writes the image with another config: what its containers start with, its platform, its author, its history.
 * Its layers, and with them the config's diffIds, stay.
 *
 * @example
 * const edited = await editConfig(store, image, (config) => ({ ...config, config: { ...config.config, User: "app" } }));
 * @throws TsbuildError CONFIG_INVALID
 */
export function editConfig(
  store: ContentStore,
  image: Image,
  edit: (config: ImageConfig) => ImageConfig,
  options: AbortOptions = {},
): Promise<Image> {
  return rewriteImage(store, image, { config: edit(image.config) }, options);
}
