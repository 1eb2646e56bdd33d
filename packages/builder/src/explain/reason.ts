import type { Digest } from "@tsbuild/oci";

/** Why a step ran and was not taken from the cache. */
export type StepReason =
  /** It was told to: `--no-cache`, `--no-cache-filter`. */
  | { readonly type: "no-cache" }
  /** Nothing like it was ever built here. */
  | { readonly type: "new" }
  /** A record has its key, and the layers of that are not here any more. */
  | { readonly type: "layers-gone"; readonly record: RecordNote }
  /** A record has its key, and was made on top of other layers: a step below ran again and wrote something else. */
  | { readonly type: "other-base"; readonly record: RecordNote; readonly steps: readonly StepNote[] }
  /** A record has its key, and the server says that there is something newer. */
  | { readonly type: "newer-source"; readonly record: RecordNote }
  /** The nearest earlier record has another key: in these parts. */
  | { readonly type: "changed"; readonly record: RecordNote; readonly changes: readonly KeyChange[] };

/** A cache record, for people. */
export interface RecordNote {
  readonly key: Digest;
  /** The step's name when the record was made. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A step of the build under way. */
export interface StepNote {
  readonly vertex: Digest;
  readonly name: string;
}

/** A part of a cache key that is not what it was. A side that is missing had no such part. */
export type KeyChange =
  | { readonly part: "command"; readonly old: string; readonly new: string }
  | { readonly part: "variable"; readonly name: string; readonly old?: string; readonly new?: string }
  /** What the step goes on top of; `steps` are those below that ran, or stand there now. */
  | { readonly part: "base"; readonly steps: readonly StepNote[] }
  | { readonly part: "image"; readonly old: string; readonly new: string }
  /** What a COPY, an ADD or a bind mount takes. */
  | {
      readonly part: "files";
      /** Where they go. */
      readonly target: string;
      readonly old?: string;
      readonly new?: string;
      /** At most {@link MOST_FILES}; undefined: which files there were is not known any more. */
      readonly files?: readonly FileChange[];
      /** How many files differ in all. */
      readonly total?: number;
    }
  /** Anything else: the user, the folder, a mount, an owner. */
  | { readonly part: "setting"; readonly name: string; readonly old?: string; readonly new?: string };

/** A file that is not what it was. Digests are the first 16 digits of SHA-256, modes octal. */
export interface FileChange {
  readonly path: string;
  readonly change: "added" | "removed" | "content" | "mode" | "owner" | "type" | "attributes";
  readonly old?: string;
  readonly new?: string;
}

/** How many files a change lists at most. */
export const MOST_FILES = 100;
