import type { FileStore } from "../content/store.ts";
import type { Digest } from "../digest.ts";
import type { Entry } from "../tar/entry.ts";
import type { FileRange } from "./tree.ts";

/** What the functions on layers need of a store: content as files, and a folder for what is derived from it. */
export interface LayerStore extends FileStore {
  /** A folder of the store for `purpose`, made where missing. */
  folder(purpose: string): string;
}

/** An entry of one layer. A hard link has become what it shares; only one to a lower layer is still `hardlink`. */
export interface IndexedEntry extends Entry {
  /** Where the content of a file begins. */
  readonly offset?: number;
  /** The file was stored sparse: `offset` counts in the layer's file of expanded content. */
  readonly holes?: boolean;
  /** The layer has no entry for this directory, only for what is below: an unpacker makes it where it is missing. */
  readonly implied?: boolean;
  /** Equal for all names that one file has in the layer. */
  readonly linkGroup?: string;
}

/** What one layer says of one directory. */
export interface IndexedDirectory {
  /** By name, in byte order. The root's own entry, where the layer has one, is that of the name `""` in the root. */
  readonly entries: ReadonlyMap<string, IndexedEntry>;
  /** Names that are hidden in the layers below. */
  readonly whiteouts: ReadonlySet<string>;
  /** True: all of the directory is hidden in the layers below. */
  readonly opaque: boolean;
}

/** What one layer says, by directory: what a tree is merged from, and what an unpacker goes by. */
export interface LayerIndex {
  readonly diffId: Digest;
  /** Every directory that the layer has, or implies, or hides something in; parents before children. */
  directories(): Iterable<string>;
  directory(path: string): IndexedDirectory | undefined;
  /** Where the content of a file of this layer lies; undefined for all but files. */
  contentOf(entry: IndexedEntry): FileRange | undefined;
}
