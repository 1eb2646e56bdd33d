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

/** Writes an index of images of several platforms, in their order, to `store`. */
export async function writeIndex(
  store: ContentStore,
  images: readonly PlatformImage[],
  { annotations, signal }: AbortOptions & { readonly annotations?: Readonly<Record<string, string>> | undefined } = {},
): Promise<Descriptor> {
  const manifests = images.map(({ image, platform }) => ({ ...image, platform }));
  const mediaType = MEDIA_TYPE.ociIndex;
  const content = canonicalJson({
    ...{ schemaVersion: 2, mediaType, manifests },
    ...(annotations === undefined ? {} : { annotations }),
  });
  const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength };
  await store.push(descriptor, () => bytesOf(content), { signal });
  return descriptor;
}
