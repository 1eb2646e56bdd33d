import { type AbortOptions, bytesOf } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { type Digest, digestAlgorithm, digestHex, digestOf } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { canonicalJson } from "../json.ts";
import type { Index } from "../manifest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { type GraphNode, readNode } from "./graph.ts";
import type { ImageSource, ImageTarget } from "./store.ts";

/** Options of {@link listReferrers}. */
export interface ReferrersOptions extends AbortOptions {
  /** Only those of this type. */
  readonly artifactType?: string;
}

/**
 * The manifests that have `subject` as their subject: signatures, SBOMs and the like. A registry is asked; anywhere
 * else, and where a registry knows nothing of referrers, the index under the fallback tag says it (distribution-spec,
 * "Referrers Tag Schema").
 */
export async function listReferrers(
  source: ImageSource,
  subject: Descriptor,
  options: ReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  if (source.referrers !== undefined) return source.referrers(subject, options);
  return readReferrersTag(source, subject, options);
}

/** The tag under which the referrers of a digest are listed where the place itself keeps no such list. */
export function referrersTag(digest: Digest): string {
  // At most 128 characters, as tags have it: 32 of the algorithm and 64 of the digest.
  return `${digestAlgorithm(digest).slice(0, 32)}-${digestHex(digest).slice(0, 64)}`;
}

/** What the index under the fallback tag lists; nothing where there is none, or something else. */
export async function readReferrersTag(
  source: ImageSource,
  subject: Descriptor,
  { artifactType, signal }: ReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const index = await readIndex(source, subject, { signal });
  const manifests = index?.manifests ?? [];
  return artifactType === undefined
    ? manifests
    : manifests.filter((manifest) => manifest.artifactType === artifactType);
}

/**
 * Lists a manifest with a subject under the fallback tag. Does nothing where it is listed already.
 * Reading and writing are two steps: of two writers at the same moment one may be lost, which is why `written` is
 * looked for again afterwards.
 */
export async function addToReferrersTag(
  target: ImageTarget,
  subject: Descriptor,
  referrer: Descriptor,
  options: AbortOptions = {},
): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const listed = await readReferrersTag(target, subject, options);
    if (listed.some(({ digest }) => digest === referrer.digest)) return;
    await writeIndex(target, subject, [...listed, referrer], options);
  }
}

/** Takes a manifest off the fallback tag's list. */
export async function removeFromReferrersTag(
  target: ImageTarget,
  subject: Descriptor,
  referrer: Descriptor,
  options: AbortOptions = {},
): Promise<void> {
  const listed = await readReferrersTag(target, subject, options);
  const left = listed.filter(({ digest }) => digest !== referrer.digest);
  if (left.length < listed.length) await writeIndex(target, subject, left, options);
}

/** A manifest as lists of referrers describe it: with its type and annotations. */
export function describeReferrer({ descriptor, manifest, index }: GraphNode): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const artifactType = manifest?.artifactType ?? index?.artifactType ?? manifest?.config.mediaType;
  const annotations = manifest?.annotations ?? index?.annotations;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

// Some registries answer this tag with the subject itself, or with what a stranger has put there: only an index counts.
async function readIndex(source: ImageSource, subject: Descriptor, options: AbortOptions): Promise<Index | undefined> {
  try {
    const descriptor = await source.resolve(referrersTag(subject.digest), options);
    if (descriptor.digest === subject.digest || descriptor.mediaType !== MEDIA_TYPE.ociIndex) return undefined;
    return (await readNode(source, descriptor, options)).index;
  } catch (error) {
    if (TsbuildError.is(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

async function writeIndex(
  target: ImageTarget,
  subject: Descriptor,
  manifests: readonly Descriptor[],
  options: AbortOptions,
): Promise<void> {
  const content = canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests });
  const descriptor = { mediaType: MEDIA_TYPE.ociIndex, digest: digestOf(content), size: content.byteLength };
  await target.push(descriptor, () => bytesOf(content), options);
  await target.tag(descriptor, referrersTag(subject.digest), options);
}
