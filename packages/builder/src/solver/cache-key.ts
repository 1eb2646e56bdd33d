import { type Digest, digestOf } from "@tsbuild/oci";

/** A cache key with what it was made of. */
export interface CacheKey {
  readonly digest: Digest;
  /** What went into the digest, as plain JSON data: kept beside the record, to explain a miss. No secret is ever in it. */
  readonly preimage: object;
  /** False: the result is never kept (the op asks its source anew each time). @default true */
  readonly keep?: boolean;
}

/** Raised whenever keys come to mean something else, so that old records are not found any more. */
const VERSION = 1;

/** The key of `parts`. Canonical JSON is the framing: no two different values have the same text. */
export function cacheKeyOf(parts: object, options: { readonly keep?: boolean } = {}): CacheKey {
  const digest = digestOf(`tsbuild.cache.v${VERSION}\n${canonicalText(parts)}`);
  return { digest, preimage: parts, ...(options.keep === false ? { keep: false } : {}) };
}

/** JSON with the names of objects in code unit order; names whose value is undefined are left out. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`);
  return `{${members.join(",")}}`;
}
