import { once } from "node:events";

/** Writes chunks no faster than the stream takes them. What comes after its reader went away is dropped. */
export function chunkWriter(stream: NodeJS.WritableStream): (chunk: Uint8Array) => Promise<void> {
  return async (chunk) => {
    if (stream.writable && !stream.write(chunk)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
  };
}
