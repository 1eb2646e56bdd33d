import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  type AbortOptions,
  type Digest,
  digestHex,
  type Layer,
  type LayerStore,
  MEDIA_TYPE,
  TsbuildError,
} from "@tsbuild/oci";
import type { BatchHost } from "../native/batch.ts";
import { isAlive } from "../process-identity.ts";
import type { OverlayMount } from "../spec/container-spec.ts";
import { distinctLayers } from "./distinct-layers.ts";
import { OPAQUE_XATTR } from "./entry-writer.ts";
import {
  EMPTY_LINK,
  findLayer,
  type LayerFolder,
  placeLayer,
  type RootMetadata,
  type SnapshotFolders,
} from "./layer-folder.ts";
import { type MergedView, mergeFolders, type OverlayFolder } from "./merged-view.ts";
import { removeTree } from "./remove-tree.ts";
import type { Snapshot, Snapshotter } from "./snapshotter.ts";
import type { TreeHost } from "./tree-host.ts";
import { deepestFirst, viewFolders } from "./tree-job.ts";
import { makeUpper } from "./upper.ts";
import { createWorkFolder, sweepLinks } from "./work-folder.ts";
import { readXattrs } from "./xattrs.ts";

export interface OverlayOptions {
  readonly folders: SnapshotFolders;
  readonly store: LayerStore;
  readonly trees: TreeHost;
  readonly host: BatchHost;
  /** This process is root, and no user namespace lies between it and the files. */
  readonly privileged: boolean;
  readonly tolerateOwners: boolean;
}

/** What overlayfs stacks at most. */
const MAX_LOWERS = 500;
/** mount(2) takes one page, and cuts what is longer without a word. */
const MAX_OPTIONS = 4095;
/** One form on disk for all users; and nothing is synced that a crash makes worthless anyway. */
const COMMON_OPTIONS = "userxattr,index=off,volatile";

/** Keeps each layer once, in overlay's own form, and stacks them in the process's mount namespace. */
export function createOverlaySnapshotter(options: OverlayOptions): Snapshotter {
  const { folders, trees } = options;
  const ensure = createUnpacker(options);
  const layersOf = async (layers: readonly Layer[], { signal }: AbortOptions = {}): Promise<readonly LayerFolder[]> => {
    const distinct = distinctLayers(layers);
    if (distinct.length > MAX_LOWERS)
      throw new TsbuildError(
        "LAYER_LIMIT",
        `${distinct.length} layers cannot be mounted: the kernel stacks ${MAX_LOWERS}`,
        {
          hint: "Join steps, or start from a flattened image.",
        },
      );
    const found = await Promise.all(distinct.map(({ diffId }) => ensure(diffId)));
    signal?.throwIfAborted();
    return found.reverse();
  };
  return {
    name: "overlay",
    prepare: async (layers, abort) => {
      const folder = createWorkFolder(folders);
      try {
        noteUse(folder, layers);
        const lowers = await layersOf(layers, abort);
        return await createSnapshot(options, folder, lowers);
      } catch (error) {
        removeTree(folder);
        throw error;
      }
    },
    open: async (layers, folder, { writable }) => {
      const lowers = await layersOf(layers);
      mkdirSync(folder);
      const upper = writable ? await makeUpperFolder(options, folder, lowers) : undefined;
      const target = join(folder, "root");
      mkdirSync(target);
      const overlay = makeOverlay(options, { folder, lowers, upper: upper?.path, target });
      return { root: overlay, view: mergeFolders(viewFolders(lowers)) };
    },
    prune: async (keep) => {
      await sweepLinks(folders, trees);
      return pruneLayers(options, keep);
    },
  };
}

/** Unpacks each layer once, however many ask for it at the same time. */
function createUnpacker(options: OverlayOptions): (diffId: Digest) => Promise<LayerFolder> {
  const { folders, store, trees, host, tolerateOwners } = options;
  const underWay = new Map<Digest, Promise<LayerFolder>>();
  const unpack = async (diffId: Digest): Promise<LayerFolder> => {
    const staging = createWorkFolder(folders);
    try {
      const notes = await trees.run({
        type: "unpack",
        diffId,
        tar: store.blobPath(diffId),
        indexFolder: store.folder("layers"),
        into: join(staging, "fs"),
        options: { ...host, tolerateOwners },
      });
      return placeLayer(folders, diffId, staging, notes);
    } finally {
      if (existsSync(staging)) await trees.run({ type: "remove", path: staging });
    }
  };
  return (diffId) => {
    const present = findLayer(folders, diffId);
    if (present) return Promise.resolve(present);
    const known = underWay.get(diffId);
    if (known !== undefined) return known;
    const started = unpack(diffId).finally(() => underWay.delete(diffId));
    underWay.set(diffId, started);
    return started;
  };
}

async function createSnapshot(
  options: OverlayOptions,
  folder: string,
  lowers: readonly LayerFolder[],
): Promise<Snapshot> {
  const { folders, store, trees, host } = options;
  const staging = join(folder, "layer");
  const { path: upper, root: rootMetadata } = await makeUpperFolder(options, folder, lowers);
  const root = makeOverlay(options, { folder, lowers, upper, target: folders.mountPoint });
  let mounts = 0;
  return {
    folder,
    mount: () => (mounts++ === 0 ? root : withNewWork(root, folder, mounts)),
    view: viewWithUpper(upper, lowers, host),
    commit: async (stubs, { signal } = {}) => {
      const tar = store.temporaryPath();
      const written = await trees.run({
        type: "diff",
        upper,
        lowers: lowers.map(({ folder: path, notes }) => ({ folder: path, notes })),
        root: rootMetadata,
        stubs: deepestFirst(stubs),
        tar,
        indexFolder: store.folder("layers"),
        host,
      });
      signal?.throwIfAborted();
      await store.adopt(tar, written.diffId);
      placeLayer(folders, written.diffId, staging, { opaque: written.opaque, implied: [], root: written.root });
      if (existsSync(staging)) await trees.run({ type: "remove", path: folder });
      else removeTree(folder);
      const { diffId, size } = written;
      return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
    },
    discard: async () => {
      await trees.run({ type: "remove", path: folder });
    },
  };
}

/** Makes `layer/fs` in `folder`, with the rights that takes. */
async function makeUpperFolder(
  options: OverlayOptions,
  folder: string,
  lowers: readonly LayerFolder[],
): Promise<{ readonly path: string; readonly root: RootMetadata }> {
  const path = join(folder, "layer", "fs");
  mkdirSync(join(folder, "layer"));
  const root = options.privileged
    ? makeUpper(path, lowers, mergeFolders(viewFolders(lowers)))
    : await options.trees.run({ type: "upper", upper: path, lowers });
  return { path, root };
}

interface OverlayParts {
  readonly folder: string;
  readonly lowers: readonly LayerFolder[];
  /** Undefined: nothing can be written. */
  readonly upper: string | undefined;
  /** What it is to be mounted on. */
  readonly target: string;
}

/** Makes the folder that a mount needs, and its options: short, because relative to the folder of short names. */
function makeOverlay(options: OverlayOptions, { folder, lowers, upper, target }: OverlayParts): OverlayMount {
  const { links } = options.folders;
  const work = join(folder, "work");
  mkdirSync(work);
  const names = lowers.map(({ notes }) => notes.link);
  if (names.length === 0 || (!upper && names.length === 1)) names.push(EMPTY_LINK);
  const own = upper ? `upperdir=${relative(links, upper)},workdir=${relative(links, work)},` : "";
  const text = `${own}lowerdir=${names.join(":")},${COMMON_OPTIONS}`;
  if (text.length > MAX_OPTIONS)
    throw new TsbuildError(
      "LAYER_LIMIT",
      `${lowers.length} layers cannot be mounted: their names do not fit in a page`,
    );
  return { workingFolder: links, options: text, target };
}

/** What was mounted `volatile` cannot be mounted again with the same working folder. */
function withNewWork(root: OverlayMount, folder: string, number: number): OverlayMount {
  const work = join(folder, `work-${number}`);
  mkdirSync(work);
  const options = root.options.replace(/workdir=[^,]*/, `workdir=${relative(root.workingFolder, work)}`);
  return { ...root, options };
}

function viewWithUpper(upper: string, lowers: readonly LayerFolder[], host: BatchHost): MergedView {
  const top: OverlayFolder = {
    folder: upper,
    isOpaque: (path) => path !== "" && readXattrs(host, upper, [path]).get(path)?.has(OPAQUE_XATTR) === true,
    isImplied: () => false,
  };
  return mergeFolders([top, ...viewFolders(lowers)]);
}

const USES_FILE = "uses";

/** Says that these layers are needed, before anyone looks whether they are there. */
function noteUse(folder: string, layers: readonly Layer[]): void {
  writeFileSync(join(folder, USES_FILE), layers.map(({ diffId }) => `${digestHex(diffId)}\n`).join(""));
}

function layersInUse(folders: SnapshotFolders): ReadonlySet<string> {
  const alive = readdirSync(folders.work).filter(isAlive);
  return new Set(
    alive.flatMap((name) => {
      const file = join(folders.work, name, USES_FILE);
      return existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    }),
  );
}

async function pruneLayers(
  { folders, trees }: OverlayOptions,
  keep: Pick<ReadonlySet<string>, "has">,
): Promise<number> {
  let freed = 0;
  for (const hex of readdirSync(folders.layers)) {
    if (keep.has(`sha256:${hex}`) || layersInUse(folders).has(hex)) continue;
    const trash = createWorkFolder(folders);
    const moved = join(trash, hex);
    renameSync(join(folders.layers, hex), moved);
    // Someone may have begun to need it in between.
    if (layersInUse(folders).has(hex)) renameSync(moved, join(folders.layers, hex));
    else freed += (await trees.run({ type: "measure", path: moved })).bytes;
    await trees.run({ type: "remove", path: trash });
  }
  return freed;
}
