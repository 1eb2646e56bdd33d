import { chmodSync, chownSync, lstatSync, mkdirSync, type Stats, utimesSync } from "node:fs";
import type { LayerFolder, RootMetadata } from "./layer-folder.ts";
import { isWhiteout, type MergedView } from "./merged-view.ts";
import { fileIn } from "./names.ts";

/** A layer below. */
export type LowerLayer = Pick<LayerFolder, "folder" | "notes">;

interface UpperFolder extends RootMetadata {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly mtime: number;
}

/** The root of an image whose layers do not mention it. */
const DEFAULT_ROOT: RootMetadata = { mode: 0o755, uid: 0, gid: 0 };

/**
 * Makes the upper folder on top of `layers` (topmost first), with what it must hold so that the mount shows what the
 * layers say. Overlay shows the metadata of the topmost folder, which may be one that its layer only implies: `tmp/file`
 * alone must not take the sticky bit from /tmp.
 * @returns the metadata of the root
 */
export function makeUpper(upper: string, layers: readonly LowerLayer[], view: MergedView): RootMetadata {
  const root = layers.find(({ notes }) => notes.root)?.notes.root ?? DEFAULT_ROOT;
  mkdirSync(upper);
  setOwner(upper, root);
  const folders = correctedFolders(layers, view);
  for (const folder of folders) {
    mkdirSync(fileIn(upper, folder.path));
    setOwner(fileIn(upper, folder.path), folder);
  }
  for (const { path, mtime } of folders.toReversed()) utimesSync(fileIn(upper, path), mtime / 1000, mtime / 1000);
  return root;
}

/** The folders that would be shown wrong, and those that lead to them, parents first. */
function correctedFolders(layers: readonly LowerLayer[], view: MergedView): readonly UpperFolder[] {
  const implied = new Set(layers.flatMap(({ notes }) => notes.implied));
  const wrong = [...implied].filter((path) => isShownWrong(path, layers, view));
  const needed = new Set(wrong.flatMap((path) => [...parents(path), path]));
  return [...needed].sort().flatMap((path) => {
    const stats = view.lstat(path)?.stats;
    return stats?.isDirectory() ? [{ path, ...metadata(stats), mtime: stats.mtimeMs }] : [];
  });
}

function isShownWrong(path: string, layers: readonly LowerLayer[], view: MergedView): boolean {
  const right = view.lstat(path)?.stats;
  if (!right?.isDirectory()) return false;
  const shown = topmost(path, layers);
  return (
    shown !== undefined &&
    (shown.mode !== right.mode ||
      shown.uid !== right.uid ||
      shown.gid !== right.gid ||
      Math.abs(shown.mtimeMs - right.mtimeMs) >= 0.01)
  );
}

function topmost(path: string, layers: readonly LowerLayer[]): Stats | undefined {
  for (const { folder } of layers) {
    const stats = lstatSync(fileIn(folder, path), { throwIfNoEntry: false });
    if (stats && !isWhiteout(stats)) return stats;
  }
  return undefined;
}

function parents(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function metadata(stats: Stats): RootMetadata {
  return { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
}

function setOwner(file: string | Buffer, { mode, uid, gid }: RootMetadata): void {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) chownSync(file, uid, gid);
  chmodSync(file, mode);
}
