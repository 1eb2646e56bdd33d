import { TsbuildError } from "../error.ts";
import type { Entry } from "../tar/entry.ts";
import type { IndexedDirectory, IndexedEntry } from "./layer-index.ts";
import { joinPath, parentsOf, splitPath } from "./path.ts";
import { whiteoutOf } from "./whiteout.ts";

/** Gathers the entries of one layer, in the order of its tar, by directory. */
export interface IndexBuilder {
  /** @param offset Where the content begins: only for files. */
  add(entry: Entry, offset: number, holes?: boolean): void;
  /** What the layer says in the end: later entries have replaced earlier ones of the same path. */
  directories(): ReadonlyMap<string, IndexedDirectory>;
}

interface Directory {
  readonly entries: Map<string, IndexedEntry>;
  readonly whiteouts: Set<string>;
  opaque: boolean;
}

/** As many as Linux follows, times six: what a path may cross before it counts as a circle. */
const SYMLINK_LIMIT = 255;

export function createIndexBuilder(): IndexBuilder {
  const directories = new Map<string, Directory>();

  const contentsOf = (path: string): Directory => {
    let found = directories.get(path);
    if (found === undefined) {
      found = { entries: new Map(), whiteouts: new Set(), opaque: false };
      directories.set(path, found);
    }
    return found;
  };

  const lookup = (path: string): IndexedEntry | undefined => {
    const { directory, name } = splitPath(path);
    return directories.get(directory)?.entries.get(name);
  };

  /** Makes sure that `path` is a directory of this layer; returns where it really is, symlinks of the layer followed. */
  const enter = (path: string, depth = 0): string => {
    if (path === "" || directories.has(path)) return path;
    for (const parent of [...parentsOf(path), path]) {
      const known = lookup(parent);
      if (known?.type === "symlink") return enter(throughLink(known, path.slice(parent.length), depth), depth + 1);
      if (known !== undefined && known.type !== "directory") throw notDirectory(parent, path);
      if (known === undefined) put(impliedDirectory(parent));
    }
    contentsOf(path);
    return path;
  };

  const put = (entry: IndexedEntry): void => {
    const { directory, name } = splitPath(entry.path);
    const replaced = directories.get(directory)?.entries.get(name);
    if (replaced?.type === "directory" && entry.type !== "directory") removeBelow(directories, entry.path);
    contentsOf(directory).entries.set(name, entry);
    if (entry.type === "directory") contentsOf(entry.path);
  };

  const linked = (entry: Entry): IndexedEntry => {
    const target = lookup(entry.linkName ?? "");
    // The file may be in a lower layer: only a tree can tell.
    if (target === undefined || target.type === "directory") return entry;
    const linkGroup = target.linkGroup ?? target.path;
    if (target.linkGroup === undefined) put({ ...target, linkGroup });
    return { ...target, path: entry.path, linkGroup };
  };

  const add = (entry: Entry, offset: number, holes = false): void => {
    const whiteout = whiteoutOf(entry.path);
    if (whiteout?.kind === "ignored") return;
    if (whiteout !== undefined) {
      const contents = contentsOf(enter(whiteout.directory));
      if (whiteout.kind === "opaque") contents.opaque = true;
      else contents.whiteouts.add(whiteout.name);
      return;
    }
    if (entry.path === "") {
      // The root: nothing can replace it but another directory.
      if (entry.type === "directory") put(entry);
      return;
    }
    const { directory, name } = splitPath(entry.path);
    const placed = { ...entry, path: joinPath(enter(directory), name) };
    if (entry.type === "hardlink") put(linked(placed));
    else put(entry.type === "file" ? { ...placed, offset, ...(holes ? { holes } : {}) } : placed);
  };

  contentsOf("");
  return { add, directories: () => directories };
}

/** The directory that a path with a missing parent implies. */
function impliedDirectory(path: string): IndexedEntry {
  return { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, implied: true };
}

function throughLink(link: IndexedEntry, rest: string, depth: number): string {
  if (depth >= SYMLINK_LIMIT)
    throw new TsbuildError("LAYER_INVALID", `layer has a circle of symlinks at ${JSON.stringify(link.path)}`);
  const target = link.linkName ?? "";
  const from = target.startsWith("/") ? "" : splitPath(link.path).directory;
  return joinInside(from, `${target}${rest}`);
}

function joinInside(from: string, path: string): string {
  const parts = from === "" ? [] : from.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function removeBelow(directories: Map<string, Directory>, path: string): void {
  for (const known of [...directories.keys()]) {
    if (known === path || known.startsWith(`${path}/`)) directories.delete(known);
  }
}

function notDirectory(parent: string, path: string): TsbuildError {
  return new TsbuildError(
    "LAYER_INVALID",
    `layer has an entry below ${JSON.stringify(parent)}, which is no directory: ${JSON.stringify(path)}`,
  );
}
