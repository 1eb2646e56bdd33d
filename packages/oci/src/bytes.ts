import { createHash } from "node:crypto";
import type { Descriptor } from "./descriptor.ts";
import { digestAlgorithm, digestHex } from "./digest.ts";
import { TsbuildError } from "./error.ts";

/** Options of every call that can take long. */
export interface AbortOptions {
  /** Ends the call early: it then rejects with `signal.reason`, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** A stream of bytes. Leaving the loop early frees what is behind it. */
export type Bytes = AsyncIterable<Uint8Array>;

/** Options of {@link readAll}. */
export interface ReadAllOptions extends AbortOptions {
  /** The most bytes that are read. */
  readonly limit: number;
}

/**
 * All bytes of a stream in one piece: for small content only.
 * @throws TsbuildError CONTENT_TOO_LARGE
 */
export async function readAll(bytes: Bytes, { limit, signal }: ReadAllOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    total += chunk.byteLength;
    if (total > limit) throw new TsbuildError("CONTENT_TOO_LARGE", `the content is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, total);
}

/** A stream of these bytes; text is written in UTF-8. */
export async function* bytesOf(content: Uint8Array | string): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  if (bytes.byteLength > 0) yield bytes;
}

/** A stream that fails at its end unless it is the content of this digest and size. */
const VERIFIED: unique symbol = Symbol("verified");

interface Verified {
  readonly [VERIFIED]?: Pick<Descriptor, "digest" | "size">;
}

/**
 * Passes `bytes` on and fails where they are not the content that `target` names: as soon as there are too many, else
 * at the end. Nobody may trust them before the end was reached. Bytes that are verified already are not hashed twice.
 * @throws TsbuildError SIZE_MISMATCH, DIGEST_MISMATCH
 */
export function verified(target: Descriptor, bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const known = (bytes as Verified)[VERIFIED];
  if (known?.digest === target.digest && known.size === target.size)
    return bytes as AsyncGenerator<Uint8Array, void, undefined>;
  const { digest, size } = target;
  return Object.assign(verify(target, bytes), { [VERIFIED]: { digest, size } });
}

/** Says of `wrapper`, which passes on all of `original` unchanged and its failure too, what is known of `original`. */
export function verifiedAs<T extends Bytes>(original: Bytes, wrapper: T): T {
  const known = (original as Verified)[VERIFIED];
  return known === undefined ? wrapper : Object.assign(wrapper, { [VERIFIED]: known });
}

async function* verify(target: Descriptor, bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash(digestAlgorithm(target.digest));
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.byteLength;
    if (total > target.size) throw sizeMismatch(target, `more than ${target.size}`);
    hash.update(chunk);
    yield chunk;
  }
  if (total !== target.size) throw sizeMismatch(target, String(total));
  const hex = hash.digest("hex");
  if (hex !== digestHex(target.digest))
    throw new TsbuildError("DIGEST_MISMATCH", `the content of ${target.digest} is damaged: its digest is ${hex}`);
}

/** The error for content of another size than its descriptor says; `found` is the size or what is known of it. */
export function sizeMismatch(target: Descriptor, found: string): TsbuildError<"SIZE_MISMATCH"> {
  return new TsbuildError("SIZE_MISMATCH", `the content of ${target.digest} has ${found} bytes, not ${target.size}`);
}
