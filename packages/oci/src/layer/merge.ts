import { TsbuildError } from "../error.ts";
import { compareNames } from "../tar/name.ts";
import type { IndexedEntry, LayerIndex } from "./layer-index.ts";
import { splitPath } from "./path.ts";
import type { TreeEntry } from "./tree.ts";

/** The merged view of a chain of layers. */
export interface Merge {
  /** The entry at exactly this path; undefined also where a parent is no directory. */
  entry(path: string): TreeEntry | undefined;
  /** The names in a directory, in byte order; undefined where there is no such directory. */
  names(path: string): Iterable<string> | undefined;
}

/** What the layers say together of one name. */
interface Merged {
  /** Of the top-most layer that has it; undefined where that layer hides it. */
  entry: IndexedEntry | undefined;
  /** The layer that `entry` is from. */
  layer: number;
  /** The lowest layer that says something of what is in the directory. */
  lowest: number;
  /** The layers below say nothing more. */
  closed: boolean;
}

const ROOT: IndexedEntry = {
  path: "",
  type: "directory",
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
};

export function createMerge(indexes: readonly LayerIndex[]): Merge {
  const directories = new Map<string, ReadonlyMap<string, Merged> | undefined>();

  /** What is in a directory: merged when first asked for. */
  const contents = (path: string): ReadonlyMap<string, Merged> | undefined => {
    if (directories.has(path)) return directories.get(path);
    const lowest = path === "" ? 0 : lowestLayerOf(path);
    const merged = lowest === undefined ? undefined : mergeDirectory(indexes, path, lowest);
    directories.set(path, merged);
    return merged;
  };

  const lowestLayerOf = (path: string): number | undefined => {
    const { directory, name } = splitPath(path);
    const merged = contents(directory)?.get(name);
    return merged?.entry?.type === "directory" ? merged.lowest : undefined;
  };

  const entry = (path: string): TreeEntry | undefined => {
    if (path === "") return toTreeEntry(indexes, rootEntry(indexes));
    const { directory, name } = splitPath(path);
    const merged = contents(directory)?.get(name);
    return merged === undefined ? undefined : toTreeEntry(indexes, merged);
  };

  return { entry, names: (path) => contents(path)?.keys() };
}

/** Merges what the layers from `lowest` up say of the directory `path`, from the top down: the first word counts. */
function mergeDirectory(indexes: readonly LayerIndex[], path: string, lowest: number): ReadonlyMap<string, Merged> {
  const names = new Map<string, Merged>();
  for (let layer = indexes.length - 1; layer >= lowest; layer--) {
    const directory = indexes[layer]?.directory(path);
    if (directory === undefined) continue;
    for (const [name, entry] of directory.entries) if (name !== "") mergeName(names, name, { entry, layer });
    for (const name of directory.whiteouts) hideBelow(names, name);
    if (directory.opaque) break;
  }
  const visible = [...names].filter(([, merged]) => merged.entry !== undefined);
  return new Map(visible.sort(([a], [b]) => compareNames(a, b)));
}

function mergeName(
  names: Map<string, Merged>,
  name: string,
  { entry, layer }: { readonly entry: IndexedEntry; readonly layer: number },
): void {
  const isDirectory = entry.type === "directory";
  const known = names.get(name);
  if (known === undefined) {
    names.set(name, { entry, layer, lowest: layer, closed: !isDirectory });
    return;
  }
  if (known.closed) return;
  known.closed = !isDirectory;
  if (!isDirectory) return;
  known.lowest = layer;
  // A directory that upper layers only imply keeps what a lower layer says of it.
  if (known.entry?.implied && !entry.implied) Object.assign(known, { entry, layer });
}

function hideBelow(names: Map<string, Merged>, name: string): void {
  const known = names.get(name);
  if (known === undefined) names.set(name, { entry: undefined, layer: 0, lowest: 0, closed: true });
  else known.closed = true;
}

/** The top-most word on the root itself. */
function rootEntry(indexes: readonly LayerIndex[]): { entry: IndexedEntry; layer: number } {
  for (let layer = indexes.length - 1; layer >= 0; layer--) {
    const entry = indexes[layer]?.directory("")?.entries.get("");
    if (entry !== undefined) return { entry, layer };
  }
  return { entry: ROOT, layer: 0 };
}

function toTreeEntry(
  indexes: readonly LayerIndex[],
  { entry, layer }: { readonly entry: IndexedEntry | undefined; readonly layer: number },
): TreeEntry | undefined {
  const index = indexes[layer];
  if (entry === undefined) return undefined;
  if (entry.type === "hardlink") return linkBelow(indexes.slice(0, layer), entry);
  const { offset: _offset, holes: _holes, implied: _implied, linkGroup, ...rest } = entry;
  const content = index?.contentOf(entry);
  return {
    ...rest,
    ...(content === undefined ? {} : { content }),
    ...(linkGroup === undefined ? {} : { linkGroup: `${index?.diffId}:${linkGroup}` }),
  };
}

/** A hard link to a file that an earlier layer brought: the engines that apply layers one over the other allow it. */
function linkBelow(below: readonly LayerIndex[], link: IndexedEntry): TreeEntry {
  const target = createMerge(below).entry(link.linkName ?? "");
  if (target === undefined || target.type === "directory")
    throw new TsbuildError(
      "LAYER_INVALID",
      `layer has a hard link ${JSON.stringify(link.path)} to ${JSON.stringify(link.linkName)}, which is no file`,
    );
  return { ...target, path: link.path, linkGroup: target.linkGroup ?? `below:${target.path}` };
}
