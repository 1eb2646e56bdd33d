import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { createFileLayer, type Digest, readLayerIndex } from "@tsbuild/oci";
import type { BatchHost } from "../native/batch.ts";
import { type DiffOptions, diffUpper, type UpperDiff } from "./diff-upper.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { mergeFolders, type OverlayFolder } from "./merged-view.ts";
import { measureTree, removeTree } from "./remove-tree.ts";
import { type UnpackedLayer, type UnpackOptions, unpackLayer } from "./unpack-layer.ts";
import { type LowerLayer, makeUpper } from "./upper.ts";

/** File-heavy work, as plain data: it is done in a worker thread, or in a process inside a user namespace. */
export type TreeJob =
  | {
      readonly type: "unpack";
      readonly diffId: Digest;
      readonly tar: string;
      readonly indexFolder: string;
      readonly into: string;
      readonly options: UnpackOptions;
    }
  | {
      readonly type: "diff";
      readonly upper: string;
      /** Topmost first. */
      readonly lowers: readonly LowerLayer[];
      readonly root: RootMetadata;
      readonly stubs: readonly Stub[];
      readonly tar: string;
      readonly indexFolder: string;
      readonly host: BatchHost;
    }
  | { readonly type: "upper"; readonly upper: string; readonly lowers: readonly LowerLayer[] }
  | { readonly type: "measure"; readonly path: string }
  | { readonly type: "remove"; readonly path: string };

/** A mount point that was made for a mount, and that nothing else put there. */
export interface Stub {
  readonly path: string;
  readonly kind: "file" | "directory";
}

/** A layer that {@link runTreeJob} wrote. */
export interface WrittenDiff extends UpperDiff {
  readonly diffId: Digest;
  readonly size: number;
}

export type TreeJobResult<Job extends TreeJob> = Job extends { type: "unpack" }
  ? UnpackedLayer
  : Job extends { type: "diff" }
    ? WrittenDiff
    : Job extends { type: "upper" }
      ? RootMetadata
      : Job extends { type: "measure" }
        ? { readonly bytes: number }
        : null;

/** Does one job, synchronously. */
export function runTreeJob(job: TreeJob): TreeJobResult<TreeJob> {
  switch (job.type) {
    case "unpack": {
      const store = { has: () => true, blobPath: () => job.tar, folder: () => job.indexFolder };
      mkdirSync(job.into);
      return unpackLayer(readLayerIndex(store, job.diffId), job.into, job.options);
    }
    case "diff":
      return writeDiff(job);
    case "upper":
      return makeUpper(job.upper, job.lowers, mergeFolders(viewFolders(job.lowers)));
    case "measure":
      return { bytes: measureTree(job.path) };
    case "remove":
      removeTree(job.path);
      return null;
  }
}

/** The folders of layers, to be merged. */
export function viewFolders(lowers: readonly LowerLayer[]): readonly OverlayFolder[] {
  return lowers.map(({ folder, notes }) => {
    const [opaque, implied] = [new Set(notes.opaque), new Set(notes.implied)];
    return { folder, isOpaque: (path) => opaque.has(path), isImplied: (path) => implied.has(path) };
  });
}

function writeDiff(job: Extract<TreeJob, { type: "diff" }>): WrittenDiff {
  const lower = mergeFolders(viewFolders(job.lowers));
  for (const stub of job.stubs) removeStub(job.upper, stub, lower);
  const layer = createFileLayer(job.tar, { indexFolder: job.indexFolder });
  try {
    const diff = diffUpper(job.upper, layer, { ...job.host, lower, root: job.root });
    return { ...diff, ...layer.finish() };
  } catch (error) {
    layer.abort();
    throw error;
  }
}

/** Takes a mount point away where nothing was put in its place; nobody can tell from its folder's time that it was there. */
function removeStub(upper: string, stub: Stub, lower: DiffOptions["lower"]): void {
  const file = join(upper, stub.path);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats || (stub.kind === "file" ? !stats.isFile() || stats.size > 0 : !stats.isDirectory())) return;
  const folder = dirname(stub.path);
  const parent = join(upper, folder);
  const before = lstatSync(parent);
  if (stub.kind === "file") unlinkSync(file);
  else if (!removeIfEmpty(file)) return;
  const below = readdirSync(parent).length === 0 ? lower.lstat(folder === "." ? "" : folder)?.stats : undefined;
  const time = (below ?? before).mtimeMs / 1000;
  utimesSync(parent, time, time);
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY") return false;
    throw error;
  }
}
