import { exactly, object, parseDocument } from "../shape.ts";

/** The version of the layout that is written and read (OCI image-spec, image-layout.md). */
export const LAYOUT_VERSION = "1.0.0";

const HEADER = object({ imageLayoutVersion: exactly(LAYOUT_VERSION) }, {});

/**
 * Reads the file `oci-layout`.
 * @throws TsbuildError LAYOUT_INVALID
 */
export function parseLayoutHeader(bytes: Uint8Array): { readonly imageLayoutVersion: string } {
  return parseDocument(bytes, HEADER, { what: "oci-layout file", code: "LAYOUT_INVALID" });
}
