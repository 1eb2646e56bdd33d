import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from "node:fs";
import { compareNames, decodeName, type FileLayer, type FileRange, type Tree, type TreeEntry } from "@tsbuild/oci";
import type { BatchHost } from "../native/batch.ts";
import { addChanges, type Change } from "./changes.ts";
import { childPath, fileIn } from "./names.ts";
import { imageXattrs, readXattrs } from "./xattrs.ts";

export interface DiffCopyOptions extends BatchHost {
  /** When the folder was a plain copy of the tree, by the file system's clock, in milliseconds. */
  readonly since: number;
  /** Every file belongs to this user, whatever the tree says. */
  readonly ignoreOwners: boolean;
}

/**
 * Writes what changed in `folder`, which was a copy of `tree`, to `layer`. Whatever the kernel notes no change of since
 * then is taken to be the same; all else is compared with the tree, to the byte.
 * @throws TsbuildError FILE_UNREADABLE
 */
export function diffCopy(folder: string, tree: Tree, layer: FileLayer, options: DiffCopyOptions): void {
  const compared = { folder, tree, options };
  const changes = [...changedRoot(compared), ...changesIn(compared, "")];
  const written = changes.flatMap((change) =>
    change.type === "written" && !change.stats.isSymbolicLink() ? [change.path] : [],
  );
  const xattrs = readXattrs(options, folder, written);
  addChanges(layer, folder, changes, (path) => imageXattrs(xattrs.get(path)));
}

interface Compared {
  readonly folder: string;
  readonly tree: Tree;
  readonly options: DiffCopyOptions;
}

function changedRoot({ folder, tree, options }: Compared): readonly Change[] {
  const stats = lstatSync(folder);
  const before = tree.lstat("");
  const same = before ? sameOwner(stats, before, options) : (stats.mode & 0o7777) === 0o755;
  return same ? [] : [{ type: "written", path: "", stats }];
}

/** Removed and written names of a folder in byte order, each folder before what is in it. */
function changesIn(compared: Compared, path: string): readonly Change[] {
  const { folder, tree } = compared;
  const present = readdirSync(fileIn(folder, path), { encoding: "buffer" }).map(decodeName);
  const isPresent = new Set(present);
  const before = tree.lstat(path)?.type === "directory" ? tree.readdir(path) : [];
  const names = [...new Set([...present, ...before])].sort(compareNames);
  return names.flatMap((name): readonly Change[] => {
    const child = childPath(path, name);
    return isPresent.has(name) ? changesOf(compared, child) : [{ type: "removed", path: child }];
  });
}

function changesOf(compared: Compared, path: string): readonly Change[] {
  const stats = lstatSync(fileIn(compared.folder, path));
  const before = compared.tree.lstat(path);
  const own: Change = { type: "written", path, stats };
  if (!stats.isDirectory()) return isSame(compared, stats, before) ? [] : [own];
  const inside = changesIn(compared, path);
  return inside.length === 0 && isSame(compared, stats, before) ? [] : [own, ...inside];
}

function isSame({ folder, options }: Compared, stats: Stats, before: TreeEntry | undefined): boolean {
  if (!before) return false;
  // A second name changes no content, but its layer has to have the first one too.
  if (stats.ctimeMs < options.since) return true;
  const file = fileIn(folder, before.path);
  if (!sameOwner(stats, before, options) || Math.floor(stats.mtimeMs / 1000) !== before.mtime) return false;
  if (stats.isDirectory()) return before.type === "directory";
  if (stats.isSymbolicLink()) {
    return before.type === "symlink" && decodeName(readlinkSync(file, "buffer")) === before.linkName;
  }
  const content = stats.isFile() && stats.nlink === 1 ? before.content : undefined;
  return content !== undefined && content.size === stats.size && sameContent(file, content);
}

function sameOwner(stats: Stats, before: TreeEntry, { ignoreOwners }: DiffCopyOptions): boolean {
  if ((stats.mode & 0o7777) !== before.mode) return false;
  return ignoreOwners || (stats.uid === before.uid && stats.gid === before.gid);
}

const CHUNK = 1024 * 1024;

function sameContent(file: string | Buffer, { file: tar, offset, size }: FileRange): boolean {
  const [own, other] = [openSync(file, "r"), openSync(tar, "r")];
  const [a, b] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  try {
    for (let done = 0; done < size; ) {
      const length = Math.min(CHUNK, size - done);
      const got = readSync(own, a, 0, length, done);
      if (got === 0 || readSync(other, b, 0, got, offset + done) !== got) return false;
      if (!a.subarray(0, got).equals(b.subarray(0, got))) return false;
      done += got;
    }
    return true;
  } finally {
    closeSync(own);
    closeSync(other);
  }
}
