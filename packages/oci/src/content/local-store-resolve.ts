import type { Descriptor } from "../descriptor.ts";
import { type Digest, digestHex, isDigest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { formatReference, parseReference, type Reference, withDefaultTag } from "../reference.ts";
import { type FoundManifest, listBlobs, sniffManifest } from "./blob-list.ts";
import type { Names } from "./name-file.ts";
import { notFound } from "./not-found.ts";

/** What {@link resolveName} looks in. */
export interface ResolveContext {
  readonly root: string;
  readonly names: Names;
  blobPath(digest: Digest): string;
}

/** The name under which a store keeps what is tagged `text`: with a tag, or with a digest and no tag. */
export function storeName(text: string): string {
  const reference = withDefaultTag(parseReference(text));
  return formatReference(reference.digest === undefined ? reference : withoutTag(reference));
}

/**
 * Finds what `text` stands for, as Docker does: a digest (of a manifest or of an image's config, its id), a name, or
 * the first digits of one digest, at least six of them.
 * @throws TsbuildError NOT_FOUND, REFERENCE_AMBIGUOUS, REFERENCE_INVALID
 */
export function resolveName(context: ResolveContext, text: string): Descriptor {
  const digest = asDigest(text);
  const found = digest === undefined ? resolveReference(context, text) : resolveDigest(context, digest);
  if (found !== undefined) return found;
  const place = `the store ${context.root}`;
  throw notFound(text, place, `see which images there are with "tsbuild images", or pull it: tsbuild pull ${text}`);
}

function resolveReference(context: ResolveContext, text: string): Descriptor | undefined {
  const prefix = /^(?:sha256:)?([a-f0-9]{6,63})$/.exec(text)?.[1];
  if (text.startsWith("sha256:")) return prefix === undefined ? undefined : resolvePrefix(context, prefix);
  const named = context.names[storeName(text)];
  if (named !== undefined) return named;
  if (prefix !== undefined) return resolvePrefix(context, prefix);
  const { digest } = parseReference(text);
  return digest === undefined ? undefined : resolveDigest(context, digest);
}

function resolveDigest(context: ResolveContext, digest: Digest): Descriptor | undefined {
  const manifest = sniffManifest(context.blobPath(digest), digest);
  if (manifest !== undefined) return manifest.descriptor;
  return manifests(context.root).find(({ configDigest }) => configDigest === digest)?.descriptor;
}

function resolvePrefix(context: ResolveContext, prefix: string): Descriptor | undefined {
  const matches = (digest = ""): boolean => digest.slice(7).startsWith(prefix);
  const found = manifests(context.root).filter(
    ({ descriptor, configDigest }) => matches(descriptor.digest) || matches(configDigest),
  );
  // Two manifests of one config are one image, packed in two ways.
  const images = new Map(found.map((manifest) => [manifest.configDigest ?? manifest.descriptor.digest, manifest]));
  if (images.size > 1) throw ambiguous(prefix, [...images.values()]);
  return found[0]?.descriptor;
}

function manifests(root: string): FoundManifest[] {
  return [...listBlobs(root)].flatMap(({ path, digest }) =>
    digest === undefined ? [] : (sniffManifest(path, digest) ?? []),
  );
}

function asDigest(text: string): Digest | undefined {
  if (isDigest(text)) return text;
  const id = `sha256:${text}`;
  return isDigest(id) ? id : undefined;
}

function withoutTag({ tag: _, ...reference }: Reference): Reference {
  return reference;
}

function ambiguous(prefix: string, found: readonly FoundManifest[]): TsbuildError<"REFERENCE_AMBIGUOUS"> {
  const ids = found.map(({ descriptor }) => digestHex(descriptor.digest).slice(0, 20)).join(", ");
  return new TsbuildError("REFERENCE_AMBIGUOUS", `several images have an id that starts with ${prefix}: ${ids}`, {
    hint: "give more digits",
  });
}
