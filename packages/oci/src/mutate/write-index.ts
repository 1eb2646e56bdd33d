import type { AbortOptions } from "../bytes.ts";
import { readNode } from "../content/graph.ts";
import type { ContentStore } from "../content/store.ts";
import type { Descriptor } from "../descriptor.ts";
import { TsbuildError } from "../error.ts";
import type { Image } from "../image.ts";
import type { Index } from "../manifest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { formatPlatform, parsePlatform } from "../platform.ts";
import { type AnnotationEdit, editAnnotations, pushJson } from "./annotate.ts";

/** What {@link writeIndex} writes besides the manifests. */
export interface IndexParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  /** As one of Docker's manifest lists. @default false */
  readonly docker?: boolean;
}

/** Writes an index of these manifests, which must be in the store before. {@link indexEntry} makes them of images. */
export function writeIndex(
  store: ContentStore,
  manifests: readonly Descriptor[],
  parts: IndexParts = {},
  options: AbortOptions = {},
): Promise<Descriptor> {
  const { docker = false, artifactType, subject, annotations } = parts;
  const mediaType = docker ? MEDIA_TYPE.dockerManifestList : MEDIA_TYPE.ociIndex;
  const index: Index = {
    schemaVersion: 2,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    manifests,
    ...(subject !== undefined && { subject }),
    ...(annotations !== undefined && { annotations }),
  };
  return pushJson(store, { mediaType }, index, options);
}

/** An image as an entry of an index: with its platform. */
export function indexEntry({ descriptor, platform }: Image): Descriptor {
  const { mediaType, digest, size } = descriptor;
  return { mediaType, digest, size, platform };
}

/** What {@link editIndex} changes, in this order. */
export interface IndexEdit {
  /** Digests, or platforms: all entries that are one of them go. */
  readonly remove?: readonly string[];
  /** Each takes the place of an entry of the same platform, else the last. */
  readonly add?: readonly Descriptor[];
  /** Of the index. */
  readonly annotations?: AnnotationEdit;
  /** Of entries, by digest or platform. */
  readonly entryAnnotations?: Readonly<Record<string, AnnotationEdit>>;
}

/**
 * Writes an index with some entries more or less, or with other annotations.
 * @throws TsbuildError MANIFEST_INVALID where `target` is no index, NOT_FOUND where an entry is not there
 */
export async function editIndex(
  store: ContentStore,
  target: Descriptor,
  edit: IndexEdit,
  options: AbortOptions = {},
): Promise<Descriptor> {
  const { index } = await readNode(store, target, options);
  if (index === undefined) throw new TsbuildError("MANIFEST_INVALID", `${target.digest} is no index but one image`);
  let manifests = (edit.remove ?? []).reduce((left, key) => without(left, key), index.manifests);
  manifests = (edit.add ?? []).reduce(withEntry, manifests);
  for (const [key, annotations] of Object.entries(edit.entryAnnotations ?? {}))
    manifests = annotated(manifests, key, annotations);
  const { annotations: before, ...rest } = index;
  const annotations = editAnnotations(before, edit.annotations ?? {});
  return pushJson(store, target, { ...rest, manifests, ...(annotations && { annotations }) }, options);
}

function without(manifests: readonly Descriptor[], key: string): readonly Descriptor[] {
  const left = manifests.filter((entry) => !isCalled(entry, key));
  if (left.length === manifests.length) throw noSuchEntry(manifests, key);
  return left;
}

function withEntry(manifests: readonly Descriptor[], entry: Descriptor): readonly Descriptor[] {
  const { platform } = entry;
  const at = manifests.findIndex(
    (other) => platform !== undefined && other.platform !== undefined && samePlatform(other.platform, platform),
  );
  return at === -1 ? [...manifests, entry] : manifests.with(at, entry);
}

function annotated(manifests: readonly Descriptor[], key: string, edit: AnnotationEdit): readonly Descriptor[] {
  if (!manifests.some((entry) => isCalled(entry, key))) throw noSuchEntry(manifests, key);
  return manifests.map((entry) => {
    if (!isCalled(entry, key)) return entry;
    const { annotations: before, ...rest } = entry;
    const annotations = editAnnotations(before, edit);
    return annotations === undefined ? rest : { ...rest, annotations };
  });
}

function isCalled({ digest, platform }: Descriptor, key: string): boolean {
  if (key.includes(":")) return digest === key;
  return platform !== undefined && samePlatform(platform, parsePlatform(key));
}

function samePlatform(a: NonNullable<Descriptor["platform"]>, b: NonNullable<Descriptor["platform"]>): boolean {
  return formatPlatform(a) === formatPlatform(b) && a["os.version"] === b["os.version"];
}

function noSuchEntry(manifests: readonly Descriptor[], key: string): TsbuildError<"NOT_FOUND"> {
  const known = manifests.map(({ digest, platform }) => (platform === undefined ? digest : formatPlatform(platform)));
  return new TsbuildError("NOT_FOUND", `the index has no entry ${key}`, { hint: `it has: ${known.join(", ")}` });
}
