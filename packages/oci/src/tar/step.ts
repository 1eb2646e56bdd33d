import { TsbuildError } from "../error.ts";
import type { Entry } from "./entry.ts";

/** A part of a sparse file that is stored. */
export interface SparseSpan {
  readonly offset: number;
  readonly size: number;
}

/** An entry as it lies in the archive. */
export interface StoredEntry {
  readonly entry: Entry;
  /** Bytes of content that follow in the archive, without padding; for a sparse file fewer than `entry.size`. */
  readonly stored: number;
  /** Where the stored bytes belong in the file; what lies between is zeros. Undefined: the file is not sparse. */
  readonly sparse?: readonly SparseSpan[];
}

/**
 * What the reader of an archive is asked for next: to give `read` bytes, or to take an entry (whose stored bytes and
 * padding the reader passes over before it goes on).
 */
export type TarStep = { readonly read: number } | { readonly found: StoredEntry };

/** What a reader gives; `undefined` where the archive ends instead. */
export type TarInput = Uint8Array | undefined;

export type TarSteps<Result = void> = Generator<TarStep, Result, TarInput>;

/** Bytes that must be there. */
export function* mustRead(length: number): TarSteps<Buffer> {
  const bytes = yield { read: length };
  if (bytes === undefined) throw truncated();
  return Buffer.from(bytes);
}

/** The error of an archive that ends too early. */
export function truncated(): TsbuildError {
  return new TsbuildError("TAR_INVALID", "tar ends in the middle of an entry", {
    hint: "The archive was cut off: fetch or make it anew.",
  });
}
