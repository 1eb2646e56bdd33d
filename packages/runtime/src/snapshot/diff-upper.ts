import { type Dirent, lstatSync, readdirSync, rmdirSync, type Stats } from "node:fs";
import { compareNames, decodeName, type FileLayer, TsbuildError } from "@tsbuild/oci";
import type { BatchHost } from "../native/batch.ts";
import { addChanges, type Change, parentOf } from "./changes.ts";
import { OPAQUE_XATTR } from "./entry-writer.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { isWhiteout, type MergedView } from "./merged-view.ts";
import { childPath, fileIn } from "./names.ts";
import { imageXattrs, readXattrs, type Xattrs } from "./xattrs.ts";

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
  const kept = dropUntouched(upper, found, { lower: options.lower, xattrs });
  const stats = lstatSync(upper);
  const root = changedRoot(stats, options.root);
  const changes = (root || opaque.has("") ? [{ path: "", stats }, ...kept] : kept).flatMap((item) =>
    changesOf(item, opaque),
  );
  addChanges(layer, upper, changes, (path) => imageXattrs(xattrs.get(path)));
  return { opaque: [...opaque], root };
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/** Marks of features that the mount turns off: an upper folder with them holds less than it shows. */
const PARTIAL_XATTR = /^(?:user|trusted)\.overlay\.(?:metacopy|redirect)$/;

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
  const xattrs = readXattrs(host, upper, ["", ...paths]);
  for (const [path, values] of xattrs) {
    const partial = [...values.keys()].find((name) => PARTIAL_XATTR.test(name));
    if (partial !== undefined)
      throw new TsbuildError(
        "SNAPSHOT_INVALID",
        `/${path} was written with ${partial}, which the mount had turned off`,
      );
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
    const untouched = below?.isDirectory() && sameMetadata(stats, below) && imageXattrs(marks).size === 0;
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

/** Overlay makes all its whiteouts names of one device: they are no hard links of the image. */
function changesOf({ path, stats }: Found, opaque: ReadonlySet<string>): readonly Change[] {
  if (isWhiteout(stats)) return [{ type: "removed", path }];
  const written: Change = { type: "written", path, stats };
  return opaque.has(path) ? [written, { type: "emptied", path }] : [written];
}

function changedRoot(now: Stats, before: RootMetadata): RootMetadata | undefined {
  const { uid, gid } = now;
  const mode = now.mode & 0o7777;
  return mode === before.mode && uid === before.uid && gid === before.gid ? undefined : { mode, uid, gid };
}
