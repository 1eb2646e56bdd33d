import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import zlib from "node:zlib";
import type { AbortOptions, Bytes } from "../bytes.ts";
import { TsbuildError } from "../error.ts";
import type { Compression } from "../media-type.ts";

const CHUNK = 1 << 20;

/** How content is packed, by its first bytes: media types are not always right. */
export function sniffCompression(start: Uint8Array): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  const zstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
  return zstd ? "zstd" : "none";
}

/**
 * Streams `packed` unpacked to `sink`, gzip of several members included. `packed` is read to its end.
 * @throws TsbuildError ZSTD_UNSUPPORTED, and LAYER_INVALID where the content is damaged
 */
export async function unpackTo(
  packed: Bytes,
  sink: (chunk: Uint8Array) => Promise<void>,
  { signal }: AbortOptions = {},
): Promise<void> {
  const { start, bytes } = await peek(packed);
  const unpacker = unpackerFor(sniffCompression(start));
  const drain = async (source: Bytes) => {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      await sink(chunk);
    }
  };
  if (unpacker === undefined) return drain(bytes);
  try {
    await pipeline(bytes, unpacker, drain);
  } catch (error) {
    throw damaged(error) ?? error;
  }
}

/** Tells whether this Node can read and write zstd. */
export function hasZstd(): boolean {
  return "createZstdDecompress" in zlib;
}

/** The error where it cannot. */
export function zstdUnsupported(what: string): TsbuildError {
  return new TsbuildError("ZSTD_UNSUPPORTED", `cannot ${what} zstd with Node ${process.versions.node}`, {
    hint: "Use Node 22.15 or later, or gzip.",
  });
}

/** The content's first chunk, and all of it again. */
async function peek(packed: Bytes): Promise<{ readonly start: Uint8Array; readonly bytes: Bytes }> {
  const iterator = packed[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < 4) {
    const next = await iterator.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* first;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { start: Buffer.concat(first).subarray(0, 4), bytes: all() };
}

function unpackerFor(compression: Compression): Transform | undefined {
  if (compression === "none") return undefined;
  if (compression === "gzip") return zlib.createGunzip({ chunkSize: CHUNK });
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => Transform };
  if (createZstdDecompress === undefined) throw zstdUnsupported("unpack");
  return createZstdDecompress({ chunkSize: CHUNK });
}

/** An error of zlib, in our words; undefined where the error came from elsewhere. */
function damaged(error: unknown): TsbuildError | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined || !/^Z_|^ZSTD_/.test(code)) return undefined;
  return new TsbuildError("LAYER_INVALID", `the packed layer is damaged (${code})`, { cause: error });
}
