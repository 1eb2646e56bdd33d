import { type LayerStore, openTree } from "@tsbuild/oci";
import { type ContextSource, contextSource } from "../context/context-source.ts";
import { pathFilter } from "../context/path-filter.ts";
import type { FileAction } from "../graph/op.ts";
import { checksumOf, isMostlyUnread } from "./checksum.ts";
import { keepContentList } from "./content-list.ts";
import { createDraft, type Draft } from "./draft.ts";
import type { FileSource } from "./file-source.ts";
import type { ContextInput, FileInput, FileTask, FileTaskResult } from "./file-task.ts";
import { octalMode } from "./mode.ts";
import { cleanPath } from "./names.ts";
import { place, placeContent, placementOf } from "./place.ts";
import { type CopyAction, type Selected, select } from "./select.ts";
import { stampedFolders } from "./stamped-layer.ts";
import { treeSource } from "./tree-source.ts";
import { createSpool, type Spool, unpackInto } from "./unpack.ts";
import { writeDraft } from "./write-draft.ts";

/** The contexts of a build, each walked once, in the worker that keeps them. */
export type Contexts = Map<string, ContextSource>;

/**
 * Does the work of a file op with synchronous calls: selects the files, digests them, and writes the layer where it is
 * wanted or costs nothing more.
 * @throws BuildError SOURCE_NOT_FOUND, CONTEXT_CHANGED, NOT_A_DIRECTORY, IS_A_DIRECTORY, MODE_INVALID, ARCHIVE_...
 */
export async function runFileTask(store: LayerStore, task: FileTask, contexts: Contexts): Promise<FileTaskResult> {
  const selections = new Map<CopyAction, readonly Selected[]>();
  for (const action of task.actions)
    if (action.type === "copy") selections.set(action, select(sourceOf(store, task, action.input, contexts), action));
  const makeLayer =
    task.base !== undefined && (task.want === "layer" || isMostlyUnread([...selections.values()].flat()));
  const layer = makeLayer ? await writeLayer(store, task, selections) : undefined;
  const checksums = task.want === "layer" ? [] : [...selections].map(([action, files]) => checksumOf(files, action));
  for (const [index, [action, files]] of [...selections].entries()) {
    const checksum = checksums[index];
    if (checksum !== undefined) keepContentList(store.folder("cache"), checksum, files, action);
  }
  for (const context of contexts.values()) context.save();
  return { checksums, layer };
}

function sourceOf(store: LayerStore, task: FileTask, input: number, contexts: Contexts): FileSource {
  const from: FileInput = task.inputs[input] ?? { type: "layers", title: "an empty tree", layers: [] };
  return from.type === "layers" ? treeSource(openTree(store, from.layers), from.title) : openContext(from, contexts);
}

function openContext(input: ContextInput, contexts: Contexts): ContextSource {
  const { directory, include, exclude, title, statCacheFile } = input;
  const key = JSON.stringify([directory, include, exclude]);
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const opened = contextSource({ title, root: directory, filter: pathFilter(input), statCacheFile });
  contexts.set(key, opened);
  return opened;
}

async function writeLayer(
  store: LayerStore,
  task: FileTask,
  selections: ReadonlyMap<CopyAction, readonly Selected[]>,
): Promise<NonNullable<FileTaskResult["layer"]>> {
  const draft = createDraft(openTree(store, task.base ?? []));
  const spool = createSpool(task.spoolPath);
  try {
    for (const [index, action] of task.actions.entries()) {
      if (action.type === "copy") await copy(draft, action, selections.get(action) ?? [], { group: index, spool });
      else make(draft, action);
    }
    return writeDraft(draft.entries(), {
      path: task.layerPath,
      indexFolder: store.folder("layers"),
      epoch: task.epoch,
      hasEpoch: stampedFolders(store, task.base ?? []),
    });
  } finally {
    spool.close();
  }
}

async function copy(
  draft: Draft,
  action: CopyAction,
  selected: readonly Selected[],
  { group, spool }: { readonly group: number; readonly spool: Spool },
): Promise<void> {
  for (const [index, item] of selected.entries()) {
    const placement = placementOf(draft, action, `${group}.${index}`);
    const unpacking = { placement, spool, required: action.unpack === "always" };
    const unpacked = action.unpack !== "never" && (await unpackInto(draft, item, action.destination, unpacking));
    if (!unpacked) place(draft, item, action.destination, placement);
  }
}

function make(draft: Draft, action: Exclude<FileAction, CopyAction>): void {
  const placement = placementOf(draft, { ...(action.owner === undefined ? {} : { owner: action.owner }) }, "");
  if (action.type === "mkdir") {
    const attributes = { mode: action.mode, owner: placement.directory.owner };
    draft.makeDirectory(draft.resolve(cleanPath(action.path)), attributes);
    return;
  }
  const { name, content, destination, mode } = action;
  const octal = mode === undefined ? undefined : octalMode(mode);
  const changed = mode === undefined || octal !== undefined ? placement : placementOf(draft, action, "");
  placeContent(draft, { name, bytes: Buffer.from(content), mode: octal ?? 0o644 }, destination, changed);
}
