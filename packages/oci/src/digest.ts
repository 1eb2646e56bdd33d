import { createHash } from "node:crypto";
import { TsbuildError } from "./error.ts";

/** A content digest, `algorithm:hex` (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = `sha256:${string}` | `sha512:${string}`;

const PATTERN = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** The SHA-256 digest of `content`. */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Tells whether `text` is a well-formed digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && PATTERN.test(text);
}

/**
 * Checks that `text` is a digest.
 * @throws TsbuildError DIGEST_INVALID
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text))
    throw new TsbuildError("DIGEST_INVALID", `not a sha256 or sha512 digest: ${JSON.stringify(text)}`);
  return text;
}

/** The algorithm of a digest: the word that `node:crypto` takes. */
export function digestAlgorithm(digest: Digest): "sha256" | "sha512" {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The hex part of a digest: its file name in a content store. */
export function digestHex(digest: Digest): string {
  return digest.slice(7);
}
