import { type Bytes, bytesOf, readAll, verified } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { notFound } from "./not-found.ts";
import type { ImageTarget } from "./store.ts";

/** Content and names kept in memory: for tests and small artifacts. */
export function createMemoryStore(): ImageTarget {
  const blobs = new Map<string, { readonly mediaType: string; readonly content: Uint8Array }>();
  const names = new Map<string, Descriptor>();
  return {
    async fetch(target) {
      const blob = blobs.get(target.digest);
      if (blob === undefined) throw notFound(target.digest, "the memory store");
      return verified(target, bytesOf(blob.content));
    },
    async exists(target) {
      return blobs.has(target.digest);
    },
    async push(expected, content, options) {
      if (blobs.has(expected.digest)) return;
      const bytes: Bytes = verified(expected, await content());
      const all = await readAll(bytes, { limit: expected.size, signal: options?.signal });
      blobs.set(expected.digest, { mediaType: expected.mediaType, content: all });
    },
    async resolve(name) {
      const named = names.get(name);
      if (named !== undefined) return named;
      const blob = isDigest(name) ? blobs.get(name) : undefined;
      if (blob === undefined || !isDigest(name)) throw notFound(name, "the memory store");
      return { mediaType: blob.mediaType, digest: name, size: blob.content.byteLength };
    },
    async tag(target, name) {
      if (!blobs.has(target.digest)) throw notFound(target.digest, "the memory store");
      names.set(name, target);
    },
  };
}
