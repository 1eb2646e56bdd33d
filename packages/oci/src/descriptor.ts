import type { Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";
import { digest, listOf, matching, object, parseDocument, recordOf, type Shape, size, text } from "./shape.ts";

/** Names content by type, digest and size: the currency between packages (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly urls?: readonly string[];
  /** The content itself, base64: small content only. */
  readonly data?: string;
}

const NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}";

/** RFC 6838, section 4.2. */
export const mediaTypeShape: Shape = matching(new RegExp(`^${NAME}/${NAME}$`), "a media type");

/** OCI image-spec, image-index.md, "platform". */
export const platformShape: Shape = object(
  { os: text, architecture: text },
  { variant: text, "os.version": text, "os.features": listOf(text) },
);

/** OCI image-spec, descriptor.md. */
export const descriptorShape: Shape = object(
  { mediaType: mediaTypeShape, digest, size },
  {
    platform: platformShape,
    annotations: recordOf(text),
    artifactType: mediaTypeShape,
    urls: listOf(text),
    data: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "base64"),
  },
);

/**
 * Reads a descriptor.
 * @throws TsbuildError DESCRIPTOR_INVALID
 */
export function parseDescriptor(bytes: Uint8Array): Descriptor {
  return parseDocument(bytes, descriptorShape, { what: "descriptor", code: "DESCRIPTOR_INVALID" });
}
