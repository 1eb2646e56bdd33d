import { type Digest, digestOf } from "@tsbuild/oci";
import { canonicalText } from "../graph/canonical-text.ts";

/** A cache key with what it was made of. */
export interface CacheKey {
  readonly digest: Digest;
  /** What went into the digest, as plain JSON data: kept beside the record, to explain a miss. No secret is ever in it. */
  readonly preimage: object;
  /** False: the result is not worth a record; making it costs nothing. @default true */
  readonly keep?: boolean;
}

/** Raised whenever keys come to mean something else, so that old records are not found any more. */
const VERSION = 1;

/** The key of `parts`. Canonical JSON is the framing: no two different values have the same text. */
export function cacheKeyOf(parts: object, options: { readonly keep?: boolean } = {}): CacheKey {
  const digest = digestOf(`tsbuild.cache.v${VERSION}\n${canonicalText(parts)}`);
  return { digest, preimage: parts, ...(options.keep === false ? { keep: false } : {}) };
}
