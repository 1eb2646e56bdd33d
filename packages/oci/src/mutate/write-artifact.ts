import { type AbortOptions, bytesOf } from "../bytes.ts";
import type { ContentStore } from "../content/store.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import type { Manifest } from "../manifest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { pushJson } from "./annotate.ts";

/** One piece of an artifact: its bytes, or what names them where they are in the store already. */
export type ArtifactBlob =
  | Descriptor
  | {
      readonly mediaType: string;
      readonly content: Uint8Array | string;
      readonly annotations?: Readonly<Record<string, string>>;
    };

/** What {@link writeArtifact} writes. */
export interface ArtifactParts {
  /** The media type of what this is: `application/vnd.example.sbom.v1`. */
  readonly artifactType: string;
  /** @default none: the empty blob stands for them */
  readonly blobs?: readonly ArtifactBlob[];
  /** @default the empty config */
  readonly config?: ArtifactBlob;
  /** What the artifact is about. Its content need not be in the store. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const EMPTY: ArtifactBlob = { mediaType: MEDIA_TYPE.ociEmpty, content: "{}" };

/** Writes something that is no image, with its blobs (image-spec, manifest.md, "Guidelines for Artifact Usage"). */
export async function writeArtifact(
  store: ContentStore,
  parts: ArtifactParts,
  options: AbortOptions = {},
): Promise<Descriptor> {
  const { artifactType, blobs = [], config = EMPTY, subject, annotations } = parts;
  const mediaType = MEDIA_TYPE.ociManifest;
  const layers: Descriptor[] = [];
  for (const blob of blobs.length === 0 ? [EMPTY] : blobs) layers.push(await pushBlob(store, blob, options));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType,
    config: await pushBlob(store, config, options),
    layers,
    ...(subject !== undefined && { subject: plain(subject) }),
    ...(annotations !== undefined && { annotations }),
  };
  return pushJson(store, { mediaType, artifactType }, manifest, options);
}

async function pushBlob(store: ContentStore, blob: ArtifactBlob, options: AbortOptions): Promise<Descriptor> {
  if (!("content" in blob)) return blob;
  const { content, ...rest } = blob;
  const size = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
  const descriptor = { ...rest, digest: digestOf(content), size };
  await store.push(descriptor, () => bytesOf(content), options);
  return descriptor;
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
