import type { Digest, Layer } from "@tsbuild/oci";
import type { IgnorePattern } from "@tsbuild/parser";
import type { FileAction } from "../graph/op.ts";

/** Where the files of an input are, as a worker can be told. */
export type FileInput =
  | { readonly type: "layers"; readonly title: string; readonly layers: readonly Layer[] }
  | ContextInput;

/** A folder of the host with the patterns that say which of its files count. */
export interface ContextInput {
  readonly type: "context";
  readonly title: string;
  readonly directory: string;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly (string | IgnorePattern)[] | undefined;
  /** The name of the file that `exclude` was read from, for messages. */
  readonly ignoreFile?: string | undefined;
  /** Where to keep what is known about the files' bytes. */
  readonly statCacheFile: string;
}

/** One step of files for a worker: everything in it can be cloned. */
export interface FileTask {
  readonly storeRoot: string;
  /** By input of the op. */
  readonly inputs: readonly FileInput[];
  /** What the files go on top of; each layer plain in the store. Undefined: it is not there, no layer can be made. */
  readonly base: readonly Layer[] | undefined;
  readonly actions: readonly FileAction[];
  /** Seconds since 1970. */
  readonly epoch: number | undefined;
  /** New files in the store, of which the caller removes what is left. */
  readonly layerPath: string;
  readonly spoolPath: string;
  /** `checksums` makes the layer too where everything must be read anyway; `layer` makes it in any case. */
  readonly want: "checksums" | "layer";
}

export interface FileTaskResult {
  /** Of each copy action, in order: a digest over all that it copies. */
  readonly checksums: readonly Digest[];
  /** The finished plain tar at `layerPath`. */
  readonly layer:
    | {
        readonly diffId: Digest;
        readonly size: number;
        /** See `StampedLayer.fixed`. */
        readonly fixed: readonly string[];
      }
    | undefined;
}

/** What a worker answers. */
export type FileTaskAnswer =
  | { readonly id: number; readonly result: FileTaskResult }
  | {
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string | undefined };
    };
