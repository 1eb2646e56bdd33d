import { type Descriptor, descriptorShape, mediaTypeShape } from "./descriptor.ts";
import { isIndexType, isManifestType } from "./media-type.ts";
import { exactly, listOf, object, parseDocument, recordOf, type Shape, text } from "./shape.ts";

/** OCI image-spec manifest.md; Docker's schema 2 has the same shape. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** OCI image-spec image-index.md; Docker's manifest list has the same shape. */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const COMMON: Readonly<Record<string, Shape>> = {
  mediaType: text,
  artifactType: mediaTypeShape,
  subject: descriptorShape,
  annotations: recordOf(text),
};
const MANIFEST = object(
  { schemaVersion: exactly(2), config: descriptorShape, layers: listOf(descriptorShape) },
  COMMON,
);
const INDEX = object({ schemaVersion: exactly(2), manifests: listOf(descriptorShape) }, COMMON);

/**
 * Reads an image manifest, OCI's or Docker's schema 2. A document that also looks like an index is refused: two
 * readers could understand two things (CVE-2021-41190).
 * @throws TsbuildError MANIFEST_INVALID
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  return parseDocument(bytes, MANIFEST, {
    what: "image manifest",
    code: "MANIFEST_INVALID",
    also: ({ mediaType, manifests }) => {
      if (manifests !== undefined) return "it has both layers and manifests";
      return mediaType === undefined || isManifestType(String(mediaType)) ? undefined : wrongType(mediaType);
    },
  });
}

/**
 * Reads an image index, OCI's or Docker's manifest list. A document that also looks like a manifest is refused.
 * @throws TsbuildError MANIFEST_INVALID
 */
export function parseIndex(bytes: Uint8Array): Index {
  return parseDocument(bytes, INDEX, {
    what: "image index",
    code: "MANIFEST_INVALID",
    also: ({ mediaType, layers, config }) => {
      if (layers !== undefined || config !== undefined) return "it has both manifests and layers or a config";
      return mediaType === undefined || isIndexType(String(mediaType)) ? undefined : wrongType(mediaType);
    },
  });
}

function wrongType(mediaType: unknown): string {
  return `its mediaType is ${JSON.stringify(mediaType)}`;
}
