import type { Bytes } from "@tsbuild/oci";

const WINDOW_MS = 30_000;
const MIN_BYTES_PER_WINDOW = 30 * 1024;

/** A sender that keeps a connection alive with a byte now and then. */
export class StalledError extends Error {
  override readonly name: string = "StalledError";
  readonly code: string = "STALLED";
}

/**
 * Passes `bytes` on and fails where less than 1 KiB/s came over 30 seconds of waiting. Only time spent waiting counts, so
 * a slow reader is no fault of the sender. (A complete silence is ended earlier, by the idle timeout of the connection.)
 */
export async function* watchThroughput(bytes: Bytes): Bytes & AsyncGenerator<Uint8Array> {
  let waitedMs = 0;
  let received = 0;
  let since = performance.now();
  for await (const chunk of bytes) {
    waitedMs += performance.now() - since;
    received += chunk.byteLength;
    if (waitedMs >= WINDOW_MS) {
      if (received < MIN_BYTES_PER_WINDOW) throw new StalledError("less than 1 KiB/s for 30 seconds");
      waitedMs = 0;
      received = 0;
    }
    yield chunk;
    since = performance.now();
  }
}
