import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join } from "node:path/posix";
import { TsbuildError } from "@tsbuild/oci";
import { childPath, fileIn } from "./names.ts";

/** One folder of an overlay. */
export interface OverlayFolder {
  readonly folder: string;
  /** Tells whether the folder `path` of it hides what lies below. Asked only where something may. */
  readonly isOpaque: (path: string) => boolean;
  /** Tells whether the folder `path` of it only leads to what is in it: its metadata is that of the one below. */
  readonly isImplied: (path: string) => boolean;
}

/** What an overlay shows, read without mounting it. Paths are those of layers: no leading `/`. */
export interface MergedView {
  /** The entry at exactly this path; its parents must be real folders. */
  lstat(path: string): { readonly stats: Stats; readonly file: string | Buffer } | undefined;
  /** The path with every symlink followed inside the root; missing parts are kept. */
  resolve(path: string): string;
  /** The content of a file, symlinks followed; undefined where there is none, or it is no file, or it is too large. */
  readFile(path: string): Uint8Array | undefined;
}

const MAX_SYMLINKS = 40;
const MAX_FILE_SIZE = 4 * 1024 * 1024;

/** The view of these folders, topmost first. */
export function mergeFolders(folders: readonly OverlayFolder[]): MergedView {
  const lstat = (path: string): ReturnType<MergedView["lstat"]> => lookUp(folders, path);
  const resolve = (path: string): string => resolveIn(lstat, path);
  return {
    lstat,
    resolve,
    readFile: (path) => {
      const found = lstat(resolve(path));
      return found?.stats.isFile() && found.stats.size <= MAX_FILE_SIZE ? readFileSync(found.file) : undefined;
    },
  };
}

/** The view of one plain folder. */
export function folderView(folder: string): MergedView {
  return mergeFolders([{ folder, isOpaque: () => false, isImplied: () => false }]);
}

function lookUp(folders: readonly OverlayFolder[], path: string): ReturnType<MergedView["lstat"]> {
  let merged = folders;
  let found = top(folders, "")?.entry;
  let at = "";
  for (const name of path === "" ? [] : path.split("/")) {
    if (!found?.stats.isDirectory()) return undefined;
    at = childPath(at, name);
    const next = top(merged, at);
    if (!next) return undefined;
    found = next.entry;
    merged = next.merged;
  }
  return found;
}

interface TopEntry {
  readonly entry: { readonly stats: Stats; readonly file: string | Buffer };
  /** The folders whose folder of this path is part of what is seen. */
  readonly merged: readonly OverlayFolder[];
}

/** What is seen at `path`, whose parent is merged from `folders`. */
function top(folders: readonly OverlayFolder[], path: string): TopEntry | undefined {
  let entry: TopEntry["entry"] | undefined;
  let impliedSoFar = false;
  const merged: OverlayFolder[] = [];
  for (const [index, folder] of folders.entries()) {
    const file = fileIn(folder.folder, path);
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (!stats) continue;
    if (isWhiteout(stats) || (entry && !stats.isDirectory())) break;
    if (!entry || impliedSoFar) {
      entry = { stats, file };
      impliedSoFar = folder.isImplied(path);
    }
    if (!stats.isDirectory()) break;
    merged.push(folder);
    if (index < folders.length - 1 && folder.isOpaque(path)) break;
  }
  return entry && { entry, merged };
}

/** A character device 0:0: overlay's mark for "removed". */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

function resolveIn(lstat: MergedView["lstat"], path: string): string {
  const pending = path.split("/");
  let resolved = "";
  for (let links = 0; pending.length > 0; ) {
    const name = pending.shift() as string;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      resolved = parentOf(resolved);
      continue;
    }
    const candidate = childPath(resolved, name);
    const found = lstat(candidate);
    if (!found?.stats.isSymbolicLink()) {
      resolved = candidate;
      continue;
    }
    if (++links > MAX_SYMLINKS) throw new TsbuildError("PATH_INVALID", `too many symlinks on the way to /${path}`);
    const pointsTo = readlinkSync(found.file);
    if (pointsTo.startsWith("/")) resolved = "";
    pending.unshift(...pointsTo.split("/"));
  }
  return join("/", resolved).slice(1);
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === "." ? "" : parent;
}
