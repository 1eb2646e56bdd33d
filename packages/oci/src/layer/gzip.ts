import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { constants, crc32, deflateRaw } from "node:zlib";
import type { AbortOptions, Bytes } from "../bytes.ts";
import { isDense } from "./entropy.ts";

/** Options of {@link gzipBytes}. */
export interface GzipOptions extends AbortOptions {
  /** 1 to 9. */
  readonly level: number;
}

/** No name, no time, "unknown" system: equal content gives equal bytes (RFC 1952, 2.3). */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** An empty last block of fixed codes (RFC 1951, 3.2.3). */
const LAST_BLOCK = Uint8Array.of(3, 0);

/** Chunks share no history, so that they can be deflated at the same time; 1 MiB each costs less than 1 % of size. */
const CHUNK = 1 << 20;
const PIECE = 64 * 1024;
/** The most that one stored block holds (RFC 1951, 3.2.4). */
const STORED_LIMIT = 0xffff;

const deflate = promisify<Uint8Array, object, Uint8Array>(deflateRaw);

/**
 * Compresses to one gzip member, on all processors (libuv's threads): chunks of 1 MiB are deflated independently and
 * joined by sync flushes; pieces that look packed already are stored. The bytes depend on content, level and zlib, not
 * on timing or the number of threads.
 */
export async function* gzipBytes(bytes: Bytes, { level, signal }: GzipOptions): AsyncGenerator<Uint8Array> {
  yield HEADER;
  let crc = 0;
  let size = 0;
  const pack = (chunk: Uint8Array): Promise<readonly Uint8Array[]> => {
    signal?.throwIfAborted();
    crc = crc32(chunk, crc);
    size += chunk.length;
    return packChunk(chunk, level);
  };
  for await (const packed of mapAhead(inChunks(bytes), 2 * availableParallelism(), pack)) yield* packed;
  yield LAST_BLOCK;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** The deflate blocks of one chunk, ending on a byte boundary. */
function packChunk(chunk: Uint8Array, level: number): Promise<readonly Uint8Array[]> {
  const runs = runsOf(chunk).map(({ bytes, dense }) =>
    dense ? Promise.resolve(storedBlocks(bytes)) : deflate(bytes, { level, finishFlush: constants.Z_SYNC_FLUSH }),
  );
  return Promise.all(runs);
}

interface Run {
  readonly bytes: Uint8Array;
  readonly dense: boolean;
}

/** Cuts a chunk where packed-looking content begins or ends. */
function runsOf(chunk: Uint8Array): Run[] {
  const runs: Run[] = [];
  let start = 0;
  let dense = isDense(chunk.subarray(0, PIECE));
  for (let at = PIECE; at < chunk.length; at += PIECE) {
    const next = isDense(chunk.subarray(at, at + PIECE));
    if (next === dense) continue;
    runs.push({ bytes: chunk.subarray(start, at), dense });
    start = at;
    dense = next;
  }
  return [...runs, { bytes: chunk.subarray(start), dense }];
}

function storedBlocks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += STORED_LIMIT) {
    const piece = bytes.subarray(at, at + STORED_LIMIT);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    parts.push(head, piece);
  }
  return Buffer.concat(parts);
}

/** The same bytes in chunks of exactly 1 MiB, but for the last: where a source cuts must not show in the result. */
async function* inChunks(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + CHUNK - used);
      chunk.set(part, used);
      used += part.length;
      at += part.length;
      if (used < CHUNK) continue;
      yield chunk;
      chunk = Buffer.allocUnsafe(CHUNK);
      used = 0;
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}

/** Keeps up to `limit` calls of `work` under way and yields their results in order. */
async function* mapAhead<Item, Result>(
  source: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const queue: Promise<Result>[] = [];
  for await (const item of source) {
    const result = work(item);
    // A failure is met when its turn comes; until then nobody need handle it.
    result.catch(() => undefined);
    queue.push(result);
    if (queue.length >= limit) yield queue.shift() as Promise<Result>;
  }
  for (const result of queue) yield result;
}
