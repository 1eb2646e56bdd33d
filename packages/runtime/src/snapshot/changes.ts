import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import { decodeName, type Entry, type FileLayer } from "@tsbuild/oci";
import { childPath, fileIn } from "./names.ts";
import type { Xattrs } from "./xattrs.ts";

/** Something that a step did to a tree. */
export type Change =
  /** `stats` are those of the file `path` in the folder that is compared. */
  | { readonly type: "written"; readonly path: string; readonly stats: Stats }
  | { readonly type: "removed"; readonly path: string }
  /** All that was in this folder before is gone. */
  | { readonly type: "emptied"; readonly path: string };

const OPAQUE_WHITEOUT = ".wh..wh..opq";

/**
 * Adds changes to a layer, in their order. Contents are read from `folder`. Times are cut to whole seconds, as all other
 * builders cut them; sockets are left out, because an image cannot hold them.
 * @throws TsbuildError FILE_UNREADABLE
 */
export function addChanges(
  layer: FileLayer,
  folder: string,
  changes: Iterable<Change>,
  xattrsOf: (path: string) => Xattrs,
): void {
  const links = new Map<string, string>();
  for (const change of changes) {
    if (change.type === "removed") layer.add(whiteoutEntry(hiddenName(change.path)));
    else if (change.type === "emptied") layer.add(whiteoutEntry(childPath(change.path, OPAQUE_WHITEOUT)));
    else addWritten(layer, folder, change, { links, xattrs: xattrsOf(change.path) });
  }
}

/** The folder that a path lies in. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

function hiddenName(path: string): string {
  return childPath(parentOf(path), `.wh.${path.slice(path.lastIndexOf("/") + 1)}`);
}

function addWritten(
  layer: FileLayer,
  folder: string,
  { path, stats }: Extract<Change, { type: "written" }>,
  { links, xattrs }: { readonly links: Map<string, string>; readonly xattrs: Xattrs },
): void {
  const file = fileIn(folder, path);
  const extra = xattrs.size > 0 ? { xattrs } : {};
  const first = stats.isDirectory() || stats.nlink < 2 ? undefined : sharedName(links, file, path);
  if (first !== undefined) {
    layer.add({ ...entryOf(path, stats, "hardlink"), linkName: first });
  } else if (stats.isFile()) {
    addFile(layer, { ...entryOf(path, stats, "file"), size: stats.size, ...extra }, file);
  } else if (stats.isDirectory()) {
    layer.add({ ...entryOf(path, stats, "directory"), ...extra });
  } else if (stats.isSymbolicLink()) {
    const linkName = decodeName(readlinkSync(file, "buffer"));
    layer.add({ ...entryOf(path, stats, "symlink"), linkName });
  } else addSpecial(layer, path, stats);
}

/** The name that a file with several was already added by. */
function sharedName(links: Map<string, string>, file: string | Buffer, path: string): string | undefined {
  const { dev, ino } = lstatSync(file, { bigint: true });
  const key = `${dev}:${ino}`;
  const first = links.get(key);
  if (first === undefined) links.set(key, path);
  return first;
}

/** A name that is no text cannot be handed on: the file is opened here. */
function addFile(layer: FileLayer, entry: Entry, file: string | Buffer): void {
  if (typeof file === "string") {
    layer.addFile(entry, file);
    return;
  }
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    layer.addFile(entry, fd);
  } finally {
    closeSync(fd);
  }
}

function addSpecial(layer: FileLayer, path: string, stats: Stats): void {
  if (stats.isFIFO()) layer.add(entryOf(path, stats, "fifo"));
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return;
  const device = BigInt(stats.rdev);
  const devMajor = Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
  const devMinor = Number((device & 0xffn) | ((device >> 12n) & ~0xffn));
  layer.add({ ...entryOf(path, stats, stats.isBlockDevice() ? "block" : "char"), devMajor, devMinor });
}

function entryOf(path: string, stats: Stats, type: Entry["type"]): Entry {
  // The root's time is when its folder was made on this machine.
  const mtime = path === "" ? 0 : Math.floor(stats.mtimeMs / 1000);
  return { path, type, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, size: 0, mtime, mtimeNsec: 0 };
}

function whiteoutEntry(path: string): Entry {
  return { path, type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };
}
