import {
  closeSync,
  constants,
  type Dirent,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  type Stats,
} from "node:fs";
import { compareNames, decodeName, type Entry, type FileLayer, TsbuildError } from "@tsbuild/oci";
import type { BatchHost } from "../native/batch.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { isWhiteout, type MergedView } from "./merged-view.ts";
import { childPath, fileIn } from "./names.ts";
import { OPAQUE_XATTR } from "./unpack-layer.ts";
import { readXattrs, type Xattrs } from "./xattrs.ts";

export interface DiffOptions extends BatchHost {
  /** What lies below. */
  readonly lower: MergedView;
  /** How the root was when the upper folder was made. */
  readonly root: RootMetadata;
}

/** What {@link diffUpper} found beside what it wrote. */
export interface UpperDiff {
  readonly opaque: readonly string[];
  /** Only where the root's metadata changed. */
  readonly root: RootMetadata | undefined;
}

/**
 * Writes what the upper folder of an overlay changes to `layer`: parents first, names in byte order, so that the same
 * changes give the same bytes. Folders that were only touched in passing (equal to what lies below, nothing changed in
 * them) are left out, and removed, so that the folder and the layer say the same.
 * @throws TsbuildError SNAPSHOT_INVALID, FILE_UNREADABLE
 */
export function diffUpper(upper: string, layer: FileLayer, options: DiffOptions): UpperDiff {
  const found = listFolder(upper, "");
  const xattrs = readUpperXattrs(upper, found, options);
  const opaque = new Set([...xattrs].filter(([, values]) => values.has(OPAQUE_XATTR)).map(([path]) => path));
  const changed = dropUntouched(upper, found, { lower: options.lower, xattrs });
  const links = new Map<string, string>();
  const root = changedRoot(lstatSync(upper), options.root);
  if (root) layer.add({ ...entryOf("", lstatSync(upper), "directory"), mtime: 0 });
  if (opaque.has("")) layer.add(whiteoutEntry(OPAQUE_WHITEOUT));
  for (const item of changed) {
    addEntry(layer, upper, item, { links, xattrs: plainXattrs(xattrs.get(item.path)) });
    if (opaque.has(item.path)) layer.add(whiteoutEntry(childPath(item.path, OPAQUE_WHITEOUT)));
  }
  return { opaque: [...opaque], root };
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

const OPAQUE_WHITEOUT = ".wh..wh..opq";
const OVERLAY_XATTR = /^(?:user|trusted)\.overlay\./;
/** Marks of features that the mount turns off: an upper folder with them holds less than it shows. */
const PARTIAL_XATTR = /^(?:user|trusted)\.overlay\.(?:metacopy|redirect)$/;
/** Attributes that belong to the machine, not to the image. */
const HOST_XATTR = /^(?:security\.(?:selinux|ima|evm)|system\.|trusted\.)/;

/** All below a folder, parents first, names in byte order. */
function listFolder(upper: string, path: string): Found[] {
  const entries = readdirSync(fileIn(upper, path), { withFileTypes: true, encoding: "buffer" }) as Dirent<Buffer>[];
  const names = entries.map((entry) => decodeName(entry.name)).sort(compareNames);
  return names.flatMap((name) => {
    const child = childPath(path, name);
    const stats = lstatSync(fileIn(upper, child));
    return stats.isDirectory() ? [{ path: child, stats }, ...listFolder(upper, child)] : [{ path: child, stats }];
  });
}

function readUpperXattrs(upper: string, found: readonly Found[], host: BatchHost): ReadonlyMap<string, Xattrs> {
  const paths = found.filter(({ stats }) => stats.isFile() || stats.isDirectory()).map(({ path }) => path);
  const files = new Map(["", ...paths].map((path) => [path === "" ? upper : `${upper}/${path}`, path]));
  const xattrs = new Map<string, Xattrs>();
  for (const [file, values] of readXattrs(host, [...files.keys()], (name) => !HOST_XATTR.test(name))) {
    const path = files.get(file) as string;
    const partial = [...values.keys()].find((name) => PARTIAL_XATTR.test(name));
    if (partial !== undefined)
      throw new TsbuildError(
        "SNAPSHOT_INVALID",
        `/${path} was written with ${partial}, which the mount had turned off`,
      );
    xattrs.set(path, values);
  }
  return xattrs;
}

interface Compared {
  readonly lower: MergedView;
  readonly xattrs: ReadonlyMap<string, Xattrs>;
}

/** Without the folders that say nothing new. */
function dropUntouched(upper: string, found: readonly Found[], { lower, xattrs }: Compared): readonly Found[] {
  const kept: Found[] = [];
  const withChildren = new Set<string>();
  for (const item of found.toReversed()) {
    const { path, stats } = item;
    const below = stats.isDirectory() && !withChildren.has(path) ? lower.lstat(path)?.stats : undefined;
    const marks = xattrs.get(path);
    const untouched = below?.isDirectory() && sameMetadata(stats, below) && plainXattrs(marks).size === 0;
    if (untouched && !marks?.has(OPAQUE_XATTR)) {
      rmdirSync(fileIn(upper, path));
      continue;
    }
    kept.push(item);
    withChildren.add(parentOf(path));
  }
  return kept.reverse();
}

function sameMetadata(a: Stats, b: Stats): boolean {
  // Node sets times to the microsecond only.
  const sameTime = Math.abs(a.mtimeMs - b.mtimeMs) < 0.01;
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && sameTime;
}

function addEntry(
  layer: FileLayer,
  upper: string,
  { path, stats }: Found,
  { links, xattrs }: { readonly links: Map<string, string>; readonly xattrs: Xattrs },
): void {
  const file = fileIn(upper, path);
  // Overlay makes all its whiteouts names of one device: they are never hard links of the image.
  if (isWhiteout(stats)) {
    layer.add(whiteoutEntry(childPath(parentOf(path), `.wh.${path.slice(path.lastIndexOf("/") + 1)}`)));
    return;
  }
  const first = stats.isDirectory() || stats.nlink < 2 ? undefined : sharedName(links, file, path);
  if (first !== undefined) {
    layer.add({ ...entryOf(path, stats, "hardlink"), linkName: first });
  } else if (stats.isFile()) {
    const entry = { ...entryOf(path, stats, "file"), size: stats.size };
    addFile(layer, xattrs.size > 0 ? { ...entry, xattrs } : entry, file);
  } else if (stats.isDirectory()) {
    const entry = entryOf(path, stats, "directory");
    layer.add(xattrs.size > 0 ? { ...entry, xattrs } : entry);
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

/** Devices and fifos; a socket is nothing that an image can hold. */
function addSpecial(layer: FileLayer, path: string, stats: Stats): void {
  if (stats.isFIFO()) layer.add(entryOf(path, stats, "fifo"));
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return;
  const device = BigInt(stats.rdev);
  const devMajor = Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
  const devMinor = Number((device & 0xffn) | ((device >> 12n) & ~0xffn));
  layer.add({ ...entryOf(path, stats, stats.isBlockDevice() ? "block" : "char"), devMajor, devMinor });
}

function entryOf(path: string, stats: Stats, type: Entry["type"]): Entry {
  const mtime = Math.floor(stats.mtimeMs / 1000);
  return { path, type, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, size: 0, mtime, mtimeNsec: 0 };
}

function whiteoutEntry(path: string): Entry {
  return { path, type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };
}

function changedRoot(now: Stats, before: RootMetadata): RootMetadata | undefined {
  const { uid, gid } = now;
  const mode = now.mode & 0o7777;
  return mode === before.mode && uid === before.uid && gid === before.gid ? undefined : { mode, uid, gid };
}

function plainXattrs(xattrs: Xattrs | undefined): Xattrs {
  return new Map([...(xattrs ?? [])].filter(([name]) => !OVERLAY_XATTR.test(name)));
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
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
