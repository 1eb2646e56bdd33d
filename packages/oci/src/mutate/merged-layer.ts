import type { Layer } from "../layer/layer.ts";
import type { IndexedEntry, LayerIndex } from "../layer/layer-index.ts";
import { joinPath } from "../layer/path.ts";
import type { FileRange } from "../layer/tree.ts";

/** An entry of several layers seen as one, and where its content lies. */
export interface MergedEntry {
  readonly entry: IndexedEntry;
  readonly content: FileRange | undefined;
  /** Equal for all names of one file. */
  readonly group: string | undefined;
}

/** What several layers, applied in turn, change in what lies below them. */
export interface MergedLayer {
  /** By path. */
  readonly entries: ReadonlyMap<string, MergedEntry>;
  /** Paths that are gone. */
  readonly whiteouts: ReadonlySet<string>;
  /** Directories of which nothing from below is left. */
  readonly opaque: ReadonlySet<string>;
}

/** Merges the indexes of consecutive layers, lowest first. */
export function mergeLayers(layers: readonly Layer[], indexOf: (layer: Layer) => LayerIndex): MergedLayer {
  const entries = new Map<string, MergedEntry>();
  const whiteouts = new Set<string>();
  const opaque = new Set<string>();
  const state = { entries, whiteouts, opaque };
  for (const [number, layer] of layers.entries()) applyLayer(state, indexOf(layer), number);
  return state;
}

interface State {
  readonly entries: Map<string, MergedEntry>;
  readonly whiteouts: Set<string>;
  readonly opaque: Set<string>;
}

function applyLayer(state: State, index: LayerIndex, number: number): void {
  const before = new Map(state.entries);
  for (const path of index.directories()) {
    const directory = index.directory(path);
    if (directory === undefined) continue;
    if (directory.opaque) {
      dropBelow(state, path);
      state.opaque.add(path);
    }
    for (const name of directory.whiteouts) hide(state, joinPath(path, name));
  }
  for (const path of index.directories())
    for (const entry of index.directory(path)?.entries.values() ?? []) place(state, { index, entry, number, before });
}

interface Placing {
  readonly index: LayerIndex;
  readonly entry: IndexedEntry;
  readonly number: number;
  /** What the layers below said: hard links lead there. */
  readonly before: ReadonlyMap<string, MergedEntry>;
}

function place(state: State, { index, entry, number, before }: Placing): void {
  const { path } = entry;
  const old = state.entries.get(path);
  // The layer only has something below: what was said of the directory before stays.
  if (entry.implied === true && old?.entry.type === "directory") return;
  if (entry.type !== "directory") dropDirectory(state, path);
  // A directory in the place of what was removed has nothing of what lies below.
  else if (state.whiteouts.has(path) || (old !== undefined && old.entry.type !== "directory")) state.opaque.add(path);
  state.whiteouts.delete(path);
  const target = entry.type === "hardlink" ? before.get(entry.linkName ?? "") : undefined;
  if (target !== undefined) {
    const group = target.group ?? `link ${number} ${entry.linkName}`;
    if (target.group === undefined) regroup(state, entry.linkName ?? "", group);
    state.entries.set(path, { entry: { ...target.entry, path }, content: target.content, group });
    return;
  }
  const group = entry.linkGroup === undefined ? undefined : `${number} ${entry.linkGroup}`;
  state.entries.set(path, { entry, content: index.contentOf(entry), group });
}

function regroup(state: State, path: string, group: string): void {
  const found = state.entries.get(path);
  if (found !== undefined) state.entries.set(path, { ...found, group });
}

function hide(state: State, path: string): void {
  dropDirectory(state, path);
  state.entries.delete(path);
  state.whiteouts.add(path);
}

/** Forgets what lies below `path`, where that is a directory: each directory with something below has an entry. */
function dropDirectory(state: State, path: string): void {
  if (state.entries.get(path)?.entry.type !== "directory") return;
  dropBelow(state, path);
  state.opaque.delete(path);
}

function dropBelow({ entries, whiteouts, opaque }: State, path: string): void {
  const prefix = path === "" ? "" : `${path}/`;
  for (const set of [entries, whiteouts, opaque])
    for (const key of [...set.keys()]) if (key.startsWith(prefix) && key !== path) set.delete(key);
}
