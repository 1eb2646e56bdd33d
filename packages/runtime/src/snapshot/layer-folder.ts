import { randomBytes } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex, TsbuildError } from "@tsbuild/oci";

/** Who owns the top folder of a layer that says so, and how it may be used. */
export interface RootMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is known of an unpacked layer beyond its files: the file `layer.json` beside them. */
export interface LayerNotes {
  /** Its name in `l/`: a mount takes only one page of names. */
  readonly link: string;
  /** Folders that hide what the layers below have in them. */
  readonly opaque: readonly string[];
  /** Folders that the layer has no entry for, only for what is in them: who owns them is said below. */
  readonly implied: readonly string[];
  /** Only where the layer has an entry for the root. */
  readonly root: RootMetadata | undefined;
}

/** A layer on disk, in the form that overlay mounts. */
export interface LayerFolder {
  readonly diffId: Digest;
  readonly folder: string;
  readonly notes: LayerNotes;
}

/** Where things are in the runtime's root. */
export interface SnapshotFolders {
  readonly root: string;
  /** `layers/HEX/{fs,layer.json}`: unpacked layers. */
  readonly layers: string;
  /** `l/NAME`: short symlinks to them. */
  readonly links: string;
  /** `work/PID-START-NUMBER`: what a living process is working on. */
  readonly work: string;
  /**
   * What every process mounts its layers on, in its own namespace. One for all: to remove a folder that something was
   * mounted on makes the kernel wait for milliseconds.
   */
  readonly mountPoint: string;
}

/** The name in `l/` of a folder with nothing in it: overlay wants at least one layer below. */
export const EMPTY_LINK = "empty";

/** Makes the folders of a runtime's root. */
export function makeFolders(root: string): SnapshotFolders {
  const folders = {
    root,
    layers: join(root, "layers"),
    links: join(root, "l"),
    work: join(root, "work"),
    mountPoint: join(root, "mnt"),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(join(folders.links, EMPTY_LINK), { recursive: true });
  return folders;
}

/** The unpacked layer, if it is there. */
export function findLayer(folders: SnapshotFolders, diffId: Digest): LayerFolder | undefined {
  const folder = join(folders.layers, digestHex(diffId));
  let text: string;
  try {
    text = readFileSync(join(folder, "layer.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return { diffId, folder: join(folder, "fs"), notes: JSON.parse(text) as LayerNotes };
}

/**
 * Makes `staging` (a folder with the files in `fs`) the layer `diffId`, at once for all processes. Where another was
 * first, its layer is taken and `staging` stays.
 */
export function placeLayer(
  folders: SnapshotFolders,
  diffId: Digest,
  staging: string,
  notes: Omit<LayerNotes, "link">,
): LayerFolder {
  const target = join(folders.layers, digestHex(diffId));
  const link = makeLink(folders, diffId);
  writeFileSync(join(staging, "layer.json"), JSON.stringify({ link, ...notes }));
  try {
    renameSync(staging, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
  const placed = findLayer(folders, diffId);
  if (!placed) throw new TsbuildError("SNAPSHOT_FAILED", `${target} has no layer.json`);
  if (placed.notes.link !== link) unlinkSync(join(folders.links, link));
  return placed;
}

/** A short name that stands for a layer. Two layers never share one, whatever their digests. */
function makeLink(folders: SnapshotFolders, diffId: Digest): string {
  for (;;) {
    const name = randomBytes(4).readUInt32LE().toString(36).padStart(6, "0").slice(-6);
    try {
      symlinkSync(`../layers/${digestHex(diffId)}/fs`, join(folders.links, name));
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

const HOUR_MS = 3_600_000;

/** Tells whether `l/NAME` is a symlink to the folder of a layer that is gone; a young one's may be on its way. */
export function isDanglingLink(folders: SnapshotFolders, name: string): boolean {
  const link = join(folders.links, name);
  const stats = lstatSync(link, { throwIfNoEntry: false });
  if (!stats?.isSymbolicLink() || Date.now() - stats.mtimeMs < HOUR_MS) return false;
  return lstatSync(join(folders.links, readlinkSync(link)), { throwIfNoEntry: false }) === undefined;
}
