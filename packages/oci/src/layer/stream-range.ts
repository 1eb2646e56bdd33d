import { open } from "node:fs/promises";
import type { AbortOptions } from "../bytes.ts";
import { TsbuildError } from "../error.ts";
import type { FileRange } from "./tree.ts";

const CHUNK = 1 << 20;

/**
 * Streams a range of a file, in chunks of at most 1 MiB.
 * @throws TsbuildError BLOB_TRUNCATED where the file is shorter
 */
export async function* streamRange(range: FileRange, { signal }: AbortOptions = {}): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (range.size === 0) return;
  const handle = await open(range.file, "r");
  try {
    for (let done = 0; done < range.size; ) {
      signal?.throwIfAborted();
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, range.size - done));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, range.offset + done);
      if (bytesRead === 0) throw new TsbuildError("BLOB_TRUNCATED", `${range.file} ends too early`);
      yield chunk.subarray(0, bytesRead);
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Streams a whole file, in chunks of 1 MiB. */
export async function* streamFile(file: string, { signal }: AbortOptions = {}): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const handle = await open(file, "r");
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
