import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { tarPadding } from "./block.ts";
import { tarSteps } from "./parse.ts";
import { type StoredEntry, truncated } from "./step.ts";

/** A reader of a tar that takes the bytes as they come and looks at headers only. */
export interface TarScanner {
  write(chunk: Uint8Array): void;
  /** How many of the next bytes are content: they need not be written, see `skip`. */
  skippable(): number;
  /** Passes over bytes that are not written. */
  skip(length: number): void;
  /**
   * Tells that nothing follows.
   * @throws TsbuildError TAR_INVALID where the archive is cut off
   */
  end(): void;
}

/** Bytes read at a time: most small files and their headers come with one call. */
const WINDOW = 256 * 1024;

/**
 * Calls `onEntry` for each entry, with the offset of its stored bytes in the archive.
 * @throws TsbuildError TAR_INVALID, from `write` and `end`
 */
export function createTarScanner(onEntry: (found: StoredEntry, offset: number) => void): TarScanner {
  const steps = tarSteps();
  const gathered: Uint8Array[] = [];
  let missing = 0;
  let toSkip = 0;
  let offset = 0;
  let done = false;

  /** Gives the coroutine what it asked for, and takes entries until it asks for bytes again. */
  const advance = (input: Uint8Array | undefined): void => {
    let step = steps.next(input);
    while (!step.done && "found" in step.value) {
      const { found } = step.value;
      onEntry(found, offset);
      toSkip = found.stored + tarPadding(found.stored);
      step = steps.next();
    }
    if (step.done) done = true;
    else missing = (step.value as { read: number }).read;
    // Nothing asked for: go on at once.
    if (!done && missing === 0) advance(new Uint8Array());
  };

  const skip = (length: number): void => {
    toSkip -= length;
    offset += length;
  };

  const write = (chunk: Uint8Array): void => {
    let at = 0;
    while (at < chunk.length && !done) {
      const skipped = Math.min(toSkip, chunk.length - at);
      skip(skipped);
      at += skipped;
      const piece = chunk.subarray(at, at + Math.min(missing, chunk.length - at));
      if (toSkip > 0 || piece.length === 0) continue;
      at += piece.length;
      offset += piece.length;
      missing -= piece.length;
      if (missing === 0) advance(gathered.length === 0 ? piece : Buffer.concat([...gathered.splice(0), piece]));
      else gathered.push(Uint8Array.from(piece));
    }
  };

  const end = (): void => {
    if (done) return;
    if (toSkip > 0 || gathered.length > 0) throw truncated();
    advance(undefined);
  };

  advance(undefined);
  return { write, skippable: () => (done ? 0 : toSkip), skip, end };
}

/**
 * Scans a plain tar file for its entries, reading no more than it must. Synchronous.
 * @throws TsbuildError TAR_INVALID
 */
export function scanTarFile(file: string, onEntry: (found: StoredEntry, offset: number) => void): void {
  const scanner = createTarScanner(onEntry);
  const window = Buffer.allocUnsafe(WINDOW);
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    for (let position = 0; position < size; ) {
      const read = readSync(descriptor, window, 0, WINDOW, position);
      if (read === 0) break;
      scanner.write(window.subarray(0, read));
      const skipped = Math.min(scanner.skippable(), size - position - read);
      scanner.skip(skipped);
      position += read + skipped;
    }
    scanner.end();
  } finally {
    closeSync(descriptor);
  }
}
