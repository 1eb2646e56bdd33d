import type { Descriptor } from "../descriptor.ts";
import { type Digest, isDigest } from "../digest.ts";
import type { Index } from "../manifest.ts";
import { sniffManifest } from "./blob-list.ts";

/** Where a layout's index says what an entry is called (OCI image-spec, annotations.md). */
export const NAME_ANNOTATION = "org.opencontainers.image.ref.name";
/** Where containerd and Docker write the full reference, beside the bare tag in {@link NAME_ANNOTATION}. */
export const CONTAINERD_NAME_ANNOTATION = "io.containerd.image.name";

/** The names that an index gives, in its order; the full one where there are two. */
export function namesOf(index: Index): readonly string[] {
  const names = index.manifests.map(entryName);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** What an entry of a layout's index is called; the full name where there are two. */
export function entryName(entry: Descriptor): string | undefined {
  return fullName(entry) ?? shortName(entry);
}

/** What `name` (a name, a full reference or a digest) stands for in a layout's index. */
export function resolveInIndex(
  index: Index,
  name: string,
  blobPath: (digest: Digest) => string,
): Descriptor | undefined {
  const entries = index.manifests;
  const found =
    entries.find((entry) => fullName(entry) === name) ??
    entries.find((entry) => shortName(entry) === name) ??
    entries.find((entry) => entry.digest === name);
  if (found !== undefined) return withoutName(found);
  return isDigest(name) ? sniffManifest(blobPath(name), name)?.descriptor : undefined;
}

/** The index with `target` called `name`, and nothing else called so. */
export function withName(index: Index, target: Descriptor, name: string): Index {
  const named = { ...target, annotations: { ...withoutName(target).annotations, [NAME_ANNOTATION]: name } };
  const others = index.manifests.filter((entry) => shortName(entry) !== name && fullName(entry) !== name);
  const unnamed = (entry: Descriptor): boolean => shortName(entry) === undefined && fullName(entry) === undefined;
  const kept = others.filter((entry) => !(unnamed(entry) && entry.digest === target.digest));
  return { ...index, manifests: [...kept, named] };
}

function shortName({ annotations }: Descriptor): string | undefined {
  return annotations?.[NAME_ANNOTATION];
}

function fullName({ annotations }: Descriptor): string | undefined {
  return annotations?.[CONTAINERD_NAME_ANNOTATION];
}

/** The entry as a descriptor of content, which has no name. */
export function withoutName({ annotations = {}, ...descriptor }: Descriptor): Descriptor {
  const { [NAME_ANNOTATION]: _, [CONTAINERD_NAME_ANNOTATION]: __, ...others } = annotations;
  return Object.keys(others).length === 0 ? descriptor : { ...descriptor, annotations: others };
}
