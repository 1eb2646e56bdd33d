import type { AbortOptions } from "../bytes.ts";
import type { ImageConfig } from "../config.ts";
import type { ContentStore } from "../content/store.ts";
import { type Image, writeImage } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { MEDIA_TYPE } from "../media-type.ts";

/** The parts of an image that a mutation replaces. */
export interface ImageChange {
  readonly config?: ImageConfig;
  /** The config's diffIds follow them. */
  readonly layers?: readonly Layer[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Writes a changed image, in the format of the image that it was. */
export function rewriteImage(
  store: ContentStore,
  image: Image,
  change: ImageChange,
  options: AbortOptions = {},
): Promise<Image> {
  const { layers = image.layers, annotations = image.manifest.annotations } = change;
  const config: ImageConfig = {
    ...(change.config ?? image.config),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  };
  const docker = image.manifest.mediaType === MEDIA_TYPE.dockerManifest;
  const kept = annotations === undefined ? {} : { annotations };
  return writeImage(store, { config, layers, docker, ...kept }, options);
}
