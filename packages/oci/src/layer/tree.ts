import type { AbortOptions, Bytes } from "../bytes.ts";
import type { Entry } from "../tar/entry.ts";

/** Where the bytes of a file lie: a range of a plain layer tar (or of any file). */
export interface FileRange {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
}

/** An entry of a tree, with the place of its content. Hard links are resolved to the file that they share. */
export interface TreeEntry extends Entry {
  /** Only for `type: "file"`. */
  readonly content?: FileRange;
  /** Equal for all names of one hard-linked file within the tree; undefined where there is only one name. */
  readonly linkGroup?: string;
}

/**
 * A chain of layers seen as one read-only tree, answered from layer indexes: nothing is unpacked.
 * Paths are as in {@link Entry}: relative to the root, without leading `/`. Every lookup stays inside the root.
 */
export interface Tree {
  /** The entry at exactly this path, not following a final symlink; parents must be real directories. */
  lstat(path: string): TreeEntry | undefined;
  /** The path that `path` stands for when every symlink in it is followed within the root; missing parts are kept. */
  resolve(path: string, options?: { readonly followLast?: boolean }): string;
  /** The names in a directory, in byte order. */
  readdir(path: string): readonly string[];
  /** `path` (if present) and all below it, parents before children, names in byte order. */
  walk(path: string): Iterable<TreeEntry>;
  /** The content of a file, at most `limit` bytes of it. For small files such as /etc/passwd. */
  readFile(path: string, limit?: number): Uint8Array | undefined;
  stream(entry: TreeEntry, options?: AbortOptions): Bytes;
}
