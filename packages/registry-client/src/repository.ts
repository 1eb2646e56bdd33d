import { type Digest, parseReference, readAll, readReferrersTag, verified } from "@tsbuild/oci";
import { blobExists, deleteBlob, fetchBlob } from "./blobs.ts";
import type { Repository } from "./client.ts";
import type { RepositoryContext } from "./context.ts";
import {
  deleteManifest,
  fetchManifest,
  isManifest,
  manifestExists,
  putManifest,
  resolveManifest,
} from "./manifests.ts";
import { listTags } from "./names.ts";
import { fetchReferrers } from "./referrers.ts";
import { listWithSubject, unlistFromSubject } from "./subject.ts";
import { mountBlob, pushBlob } from "./uploads.ts";

/** Manifests written last, kept so that giving one a name does not read it back. */
const KEPT_MANIFESTS = 8;
const MAX_MANIFEST = 4 * 1024 * 1024;

/** A repository over its registry: tells manifests from blobs and leaves the rest to the functions on either. */
export function createRepository(context: RepositoryContext): Repository {
  const { name } = context;
  const reference = parseReference(name);
  const written = new Map<Digest, Uint8Array>();
  const remember = (digest: Digest, content: Uint8Array) => {
    written.set(digest, content);
    for (const oldest of written.keys()) {
      if (written.size <= KEPT_MANIFESTS) break;
      written.delete(oldest);
    }
  };
  const repository: Repository = {
    name,
    resolve: (tagOrDigest, options) => resolveManifest(context, tagOrDigest, options),
    fetch: (target, options) => (isManifest(target) ? fetchManifest : fetchBlob)(context, target, options),
    exists: (target, options) => (isManifest(target) ? manifestExists : blobExists)(context, target, options),
    async push(expected, content, options) {
      if (!isManifest(expected)) return pushBlob(context, expected, content, options);
      const limit = { limit: MAX_MANIFEST, signal: options?.signal };
      const bytes = await readAll(verified(expected, await content()), limit);
      remember(expected.digest, bytes);
      if (options?.anew !== true && (await manifestExists(context, expected, options))) return;
      await putManifest(context, expected, { ...options, content: bytes, name: expected.digest });
      await listWithSubject({ context, repository }, { descriptor: expected, content: bytes }, options);
    },
    async tag(target, tag, options) {
      const known = written.get(target.digest);
      const content = known ?? (await readAll(await fetchManifest(context, target, options), { limit: MAX_MANIFEST }));
      await putManifest(context, target, { ...options, content, name: tag });
    },
    async referrers(subject, options) {
      return (await fetchReferrers(context, subject, options)) ?? readReferrersTag(repository, subject, options);
    },
    tags: (options) => listTags(context, options),
    async mount(target, from, options) {
      const source = parseReference(from);
      if (source.registry !== reference.registry || source.repository === reference.repository) return false;
      return mountBlob(context, target, { ...options, from: source.repository });
    },
    async delete(target, options) {
      if (!isManifest(target)) return deleteBlob(context, target, options);
      const unlist = await unlistFromSubject({ context, repository }, target, options);
      await deleteManifest(context, target, options);
      await unlist();
    },
  };
  return repository;
}
