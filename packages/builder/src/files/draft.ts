import type { Entry, FileRange, Tree, TreeEntry } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { type FileSource, followLinks, type Lookup } from "./file-source.ts";
import { comparePaths, joinPath, nameOf, parentOf } from "./names.ts";
import type { Owner } from "./owner.ts";

/** Where the bytes of a file to be come from. */
export type Content =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "range"; readonly range: FileRange }
  | { readonly type: "source"; readonly source: FileSource; readonly entry: TreeEntry };

/** An entry of the layer to be. */
export interface DraftEntry {
  readonly entry: Entry;
  readonly content?: Content;
  /** Equal for the names of one hard-linked file. */
  readonly group?: string;
  /** True: a folder that stands so in the tree below, named for its attributes only. */
  readonly inherited?: boolean;
}

/** The entries that a step puts on top of a tree: what the tree will look like can be asked at any time. */
export interface Draft extends Lookup {
  readonly base: Tree;
  /** Follows links within the root. */
  resolve(path: string, options?: { readonly followLast?: boolean }): string;
  put(entry: DraftEntry): void;
  /** What was put at exactly this path. */
  planned(path: string): DraftEntry | undefined;
  /** Takes back everything below `path`: something that is no folder comes in its place. */
  dropBelow(path: string): void;
  /** Makes a folder and the folders above it where they are missing. `path` must be resolved. */
  makeDirectory(path: string, attributes: DirectoryAttributes): void;
  /** The entries, parents first, with the folders of `base` on the way to each as they stand there. */
  entries(): readonly DraftEntry[];
}

export interface DirectoryAttributes {
  readonly mode: number;
  readonly owner: Owner;
}

/** The time of entries that are to take the newest time of the files of the step. */
export const NEWEST: number = Number.MIN_SAFE_INTEGER;

/** An empty draft on top of `base`. */
export function createDraft(base: Tree): Draft {
  const planned = new Map<string, DraftEntry>();
  const lstat = (path: string): TreeEntry | undefined => planned.get(path)?.entry ?? base.lstat(path);
  const draft: Draft = {
    base,
    lstat,
    resolve: (path, options) => followLinks({ lstat }, path, { followLast: options?.followLast ?? true }),
    put: (entry) => void planned.set(entry.entry.path, entry),
    planned: (path) => planned.get(path),
    dropBelow: (path) => {
      for (const name of planned.keys()) if (name.startsWith(`${path}/`)) planned.delete(name);
    },
    makeDirectory: (path, attributes) => makeDirectory(draft, path, attributes),
    entries: () => withParents(planned, base),
  };
  return draft;
}

function makeDirectory(draft: Draft, path: string, attributes: DirectoryAttributes): void {
  if (path === "") return;
  const there = draft.lstat(path);
  if (there?.type === "directory") return;
  if (there !== undefined) throw notDirectory(path);
  makeDirectory(draft, parentOf(path), attributes);
  const { mode, owner } = attributes;
  draft.put({ entry: { path, type: "directory", mode, ...owner, size: 0, mtime: NEWEST, mtimeNsec: 0 } });
}

/** The error for something that needs a folder where none is. */
export function notDirectory(path: string): BuildError {
  return new BuildError("NOT_A_DIRECTORY", `cannot copy to non-directory: /${path}`, {
    hint: `/${joinPath(parentOf(path), nameOf(path))} is a file or link in the image; choose another destination or copy into what the link points to.`,
  });
}

/*
 * A layer names the folders above each of its entries: whoever unpacks it alone (a snapshot of it) must give them the
 * owner and mode that they have in the tree, or an overlay would show made-up ones.
 */
function withParents(planned: ReadonlyMap<string, DraftEntry>, base: Tree): readonly DraftEntry[] {
  const all = new Map(planned);
  for (const path of planned.keys()) {
    for (let parent = parentOf(path); parent !== "" && !all.has(parent); parent = parentOf(parent)) {
      const entry = base.lstat(parent);
      if (entry?.type === "directory") all.set(parent, { entry, inherited: true });
    }
  }
  return [...all.values()].sort((a, b) => comparePaths(a.entry.path, b.entry.path));
}
