import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { Digest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import type { FileContent } from "./file-content.ts";

/** A new file that is hashed while it is written. Synchronous. */
export interface TarOutput {
  /** Bytes written so far. */
  size(): number;
  write(bytes: Uint8Array): void;
  zeros(count: number): void;
  /**
   * Copies `size` bytes, filled up with zeros where the content ends early; it returns false then. `hash` sees what is
   * written.
   */
  copy(size: number, content: FileContent, hash: Hash | undefined): boolean;
  finish(): { readonly diffId: Digest; readonly size: number };
  /** Closes and removes the file. Does nothing after `finish`. */
  abort(): void;
}

/** Files are read straight into the buffer that is hashed and written: no further copy, one call per MiB. */
const BUFFER = 1 << 20;

export function createTarOutput(path: string): TarOutput {
  let descriptor: number | undefined = openSync(path, "wx", 0o644);
  const buffer = Buffer.allocUnsafe(BUFFER);
  const digest = createHash("sha256");
  let used = 0;
  let flushed = 0;

  const flush = (): void => {
    if (descriptor === undefined) throw new TsbuildError("LAYER_FINISHED", `the layer ${path} is finished already`);
    const bytes = buffer.subarray(0, used);
    digest.update(bytes);
    writeAll(descriptor, bytes);
    flushed += used;
    used = 0;
  };

  /** How much of the buffer is free: never nothing. */
  const room = (): number => {
    if (used === BUFFER) flush();
    return BUFFER - used;
  };

  /** Fills up to `count` bytes by `put`, buffer by buffer, until it puts nothing; returns how many are left. */
  const fill = (count: number, put: (start: number, length: number) => number): number => {
    let left = count;
    while (left > 0) {
      const free = room();
      const length = put(used, Math.min(left, free));
      if (length === 0) break;
      used += length;
      left -= length;
    }
    return left;
  };

  const putZeros = (count: number, hash?: Hash): void => {
    fill(count, (start, length) => {
      buffer.fill(0, start, start + length);
      hash?.update(buffer.subarray(start, start + length));
      return length;
    });
  };

  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };

  return {
    size: () => flushed + used,
    zeros: (count) => putZeros(count),
    write(bytes) {
      let at = 0;
      fill(bytes.length, (start, length) => {
        buffer.set(bytes.subarray(at, at + length), start);
        at += length;
        return length;
      });
    },
    copy(size, content, hash) {
      let position = content.position ?? 0;
      const left = fill(content.size === -1 ? 0 : size, (start, length) => {
        const read = readSync(content.descriptor, buffer, start, length, position);
        hash?.update(buffer.subarray(start, start + read));
        position += read;
        return read;
      });
      const missing = content.size === -1 ? size : left;
      putZeros(missing, hash);
      return missing === 0;
    },
    finish() {
      flush();
      close();
      return { diffId: `sha256:${digest.digest("hex")}`, size: flushed };
    },
    abort() {
      if (descriptor === undefined) return;
      close();
      rmSync(path, { force: true });
    },
  };
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
}
