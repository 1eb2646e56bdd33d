import {
  type AbortOptions,
  addToReferrersTag,
  type Descriptor,
  describeReferrer,
  isIndexType,
  parseIndex,
  parseManifest,
  readNode,
  removeFromReferrersTag,
  TsbuildError,
} from "@tsbuild/oci";
import type { Repository } from "./client.ts";
import type { RepositoryContext } from "./context.ts";
import { hasReferrersApi } from "./referrers.ts";

interface Place {
  readonly context: RepositoryContext;
  readonly repository: Repository;
}

interface Written {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

/**
 * After a manifest was pushed: lists it under its subject's fallback tag where the registry keeps no lists itself. The
 * answer's OCI-Subject is not relied on: there are registries that send it and have no list.
 */
export async function listWithSubject(
  { context, repository }: Place,
  { descriptor, content }: Written,
  options: AbortOptions = {},
): Promise<void> {
  // Most manifests have none and need not be looked at more closely.
  if (!Buffer.from(content).includes('"subject"')) return;
  const node = isIndexType(descriptor.mediaType)
    ? { descriptor, content, index: parseIndex(content) }
    : { descriptor, content, manifest: parseManifest(content) };
  const subject = (node.manifest ?? node.index)?.subject;
  if (subject === undefined || (await hasReferrersApi(context, options))) return;
  await addToReferrersTag(repository, subject, describeReferrer(node), options);
}

/** Before a manifest is deleted: what takes it off its subject's fallback tag afterwards. */
export async function unlistFromSubject(
  { context, repository }: Place,
  target: Descriptor,
  options: AbortOptions = {},
): Promise<() => Promise<void>> {
  try {
    const { manifest, index } = await readNode(repository, target, options);
    const subject = (manifest ?? index)?.subject;
    if (subject === undefined || (await hasReferrersApi(context, options))) return async () => undefined;
    return () => removeFromReferrersTag(repository, subject, target, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    // What cannot be read can still be deleted.
    if (TsbuildError.is(error)) return async () => undefined;
    throw error;
  }
}
