import {
  type AbortOptions,
  bytesOf,
  type ContentStore,
  canonicalJson,
  type Descriptor,
  digestOf,
  MEDIA_TYPE,
} from "@tsbuild/oci";
import type { PlatformImage } from "../builder.ts";
import { annotationsAt, mergeAnnotations, type PlacedAnnotation } from "./placed-annotation.ts";

/** Options of {@link writeIndex}. */
export interface IndexOptions extends AbortOptions {
  /** Of the index. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of the index, or of one of its entries. */
  readonly placedAnnotations?: readonly PlacedAnnotation[] | undefined;
}

/** Writes an index of images of several platforms, in their order, to `store`. */
export async function writeIndex(
  store: ContentStore,
  images: readonly PlatformImage[],
  { annotations: everywhere, placedAnnotations = [], signal }: IndexOptions = {},
): Promise<Descriptor> {
  const manifests = images.map(({ image, platform }) => {
    const own = mergeAnnotations(image.annotations, annotationsAt(placedAnnotations, "manifest-descriptor", platform));
    return { ...image, platform, ...(own === undefined ? {} : { annotations: own }) };
  });
  const annotations = mergeAnnotations(everywhere, annotationsAt(placedAnnotations, "index"));
  const mediaType = MEDIA_TYPE.ociIndex;
  const content = canonicalJson({
    ...{ schemaVersion: 2, mediaType, manifests },
    ...(annotations === undefined ? {} : { annotations }),
  });
  const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength };
  await store.push(descriptor, () => bytesOf(content), { signal });
  return descriptor;
}
