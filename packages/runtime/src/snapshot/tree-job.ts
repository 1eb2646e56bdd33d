import { lstatSync, mkdirSync, rmdirSync, unlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import {
  createFileLayer,
  type Digest,
  type FileLayer,
  type Layer,
  openTree,
  readLayerIndex,
  type Tree,
} from "@tsbuild/oci";
import type { BatchHost, BatchRunner } from "../native/batch.ts";
import { diffCopy } from "./diff-copy.ts";
import { diffUpper, type UpperDiff } from "./diff-upper.ts";
import type { WriterOptions } from "./entry-writer.ts";
import { flattenTree } from "./flatten.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { mergeFolders, type OverlayFolder } from "./merged-view.ts";
import { measureTree, removeTree } from "./remove-tree.ts";
import { type UnpackedLayer, unpackLayer } from "./unpack-layer.ts";
import { type LowerLayer, makeUpper } from "./upper.ts";

/** File-heavy work, as plain data: it is done in a worker thread, or in a process inside a user namespace. */
export type TreeJob =
  | {
      readonly type: "unpack";
      readonly diffId: Digest;
      readonly tar: string;
      readonly indexFolder: string;
      readonly into: string;
      readonly options: WriterOptions;
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
  | {
      readonly type: "flatten";
      readonly layers: readonly LayerTar[];
      readonly indexFolder: string;
      readonly into: string;
      readonly options: WriterOptions;
    }
  | {
      readonly type: "compare";
      readonly folder: string;
      readonly layers: readonly LayerTar[];
      /** What `flatten` said. */
      readonly since: number;
      readonly stubs: readonly Stub[];
      readonly tar: string;
      readonly indexFolder: string;
      readonly options: WriterOptions;
    }
  | { readonly type: "measure"; readonly path: string }
  | { readonly type: "remove"; readonly path: string };

/** A layer and the file of its plain tar. */
export interface LayerTar extends Layer {
  readonly tar: string;
}

/** A mount point that was made for a mount, and that nothing else put there. */
export interface Stub {
  readonly path: string;
  readonly kind: "file" | "directory";
}

/** A layer that {@link runTreeJob} wrote. */
export interface WrittenLayer {
  readonly diffId: Digest;
  readonly size: number;
}

export interface WrittenDiff extends UpperDiff, WrittenLayer {}

interface Results {
  readonly unpack: UnpackedLayer;
  readonly upper: RootMetadata;
  readonly diff: WrittenDiff;
  readonly flatten: { readonly since: number };
  readonly compare: WrittenLayer;
  readonly measure: { readonly bytes: number };
  readonly remove: null;
}

export type TreeJobResult<Job extends TreeJob> = Results[Job["type"]];

/** Does one job, synchronously. `batches` belongs to this thread: no job can bring it along. */
export function runTreeJob(task: TreeJob, batches: BatchRunner): TreeJobResult<TreeJob> {
  const job = withBatches(task, batches);
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
    case "flatten":
      return { since: flattenTree(treeOf(job.layers, job.indexFolder), job.into, job.options) };
    case "compare":
      return writeComparison(job);
    case "measure":
      return { bytes: measureTree(job.path) };
    case "remove":
      removeTree(job.path);
      return null;
  }
}

function withBatches(job: TreeJob, batches: BatchRunner): TreeJob {
  if ("options" in job) return { ...job, options: { ...job.options, batches } };
  return "host" in job ? { ...job, host: { ...job.host, batches } } : job;
}

/** The folders of layers, to be merged. */
export function viewFolders(lowers: readonly LowerLayer[]): readonly OverlayFolder[] {
  return lowers.map(({ folder, notes }) => {
    const [opaque, implied] = [new Set(notes.opaque), new Set(notes.implied)];
    return { folder, isOpaque: (path) => opaque.has(path), isImplied: (path) => implied.has(path) };
  });
}

/** Mount points in the order in which they can be removed. */
export function deepestFirst(stubs: readonly Stub[]): readonly Stub[] {
  const depth = ({ path }: Stub): number => path.split("/").length;
  return [...stubs].sort((a, b) => depth(b) - depth(a));
}

function writeDiff(job: Extract<TreeJob, { type: "diff" }>): WrittenDiff {
  const lower = mergeFolders(viewFolders(job.lowers));
  for (const stub of job.stubs) removeStub(job.upper, stub, (path) => lower.lstat(path)?.stats.mtimeMs);
  return writeLayer(job, (layer) => diffUpper(job.upper, layer, { ...job.host, lower, root: job.root }));
}

function writeComparison(job: Extract<TreeJob, { type: "compare" }>): WrittenLayer {
  const tree = treeOf(job.layers, job.indexFolder);
  for (const stub of job.stubs) removeStub(job.folder, stub, (path) => secondsToMs(tree.lstat(path)?.mtime));
  const options = { ...job.options, since: job.since, ignoreOwners: job.options.tolerateOwners };
  return writeLayer(job, (layer) => {
    diffCopy(job.folder, tree, layer, options);
    return {};
  });
}

function writeLayer<Result extends object>(
  job: { readonly tar: string; readonly indexFolder: string },
  write: (layer: FileLayer) => Result,
): Result & WrittenLayer {
  const layer = createFileLayer(job.tar, { indexFolder: job.indexFolder });
  try {
    return { ...write(layer), ...layer.finish() };
  } catch (error) {
    layer.abort();
    throw error;
  }
}

function treeOf(layers: readonly LayerTar[], indexFolder: string): Tree {
  const tars = new Map(layers.map(({ diffId, tar }) => [diffId, tar]));
  const store = { has: () => true, blobPath: (digest: Digest) => tars.get(digest) ?? "", folder: () => indexFolder };
  return openTree(store, layers);
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** How much later than a file in it the kernel may say a folder was changed by making that file. */
const TICK_MS = 10;

/** Takes a mount point away where nothing was put in its place; nobody can tell from its folder's time that it was there. */
function removeStub(tree: string, stub: Stub, timeBefore: (path: string) => number | undefined): void {
  const file = join(tree, stub.path);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats || (stub.kind === "file" ? !stats.isFile() || stats.size > 0 : !stats.isDirectory())) return;
  const folder = dirname(stub.path);
  const parent = join(tree, folder);
  const now = lstatSync(parent).mtimeMs;
  if (stub.kind === "file") unlinkSync(file);
  else if (!removeIfEmpty(file)) return;
  const time = (now - stats.mtimeMs < TICK_MS ? timeBefore(folder === "." ? "" : folder) : undefined) ?? now;
  utimesSync(parent, time / 1000, time / 1000);
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
