import { closeSync, openSync } from "node:fs";
import { createFileLayer, type Digest, type Entry, type FileLayer } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { hostPath } from "../context/scan.ts";
import { type Content, type DraftEntry, NEWEST } from "./draft.ts";

export interface WriteDraftOptions {
  /** The new file to write. */
  readonly path: string;
  /** The store's folder for layer indexes. */
  readonly indexFolder: string;
  /** Seconds since 1970, for the times of everything that the step adds. */
  readonly epoch: number | undefined;
  /** Tells of a folder below whether its time is an epoch's, also an earlier one's: it is to have this one's. */
  readonly hasEpoch: (path: string) => boolean;
}

/** Writes entries, parents first, as the plain tar of a layer; each file is read once. */
export function writeDraft(
  entries: readonly DraftEntry[],
  options: WriteDraftOptions,
): { readonly diffId: Digest; readonly size: number; readonly fixed: readonly string[] } {
  const layer = createFileLayer(options.path, { indexFolder: options.indexFolder });
  try {
    const mtimeOf = clock(entries, options);
    const written = new Map<string, string>();
    for (const planned of entries) {
      const entry = { ...planned.entry, mtime: mtimeOf(planned) };
      const first = planned.group === undefined ? undefined : written.get(planned.group);
      if (first !== undefined) layer.add({ ...entry, type: "hardlink", size: 0, linkName: first });
      else writeEntry(layer, entry, planned.content);
      if (planned.group !== undefined && first === undefined) written.set(planned.group, entry.path);
    }
    return { ...layer.finish(), fixed: fixedFolders(entries, options) };
  } catch (error) {
    layer.abort();
    throw error;
  }
}

/**
 * The time of each entry: the epoch where there is one, for what the step adds; else the file's own. What the build made
 * itself takes the newest time of the files beside it, so that it depends on them alone and not on the clock.
 */
function clock(
  entries: readonly DraftEntry[],
  { epoch, hasEpoch }: Pick<WriteDraftOptions, "epoch" | "hasEpoch">,
): (planned: DraftEntry) => number {
  let newest = NEWEST;
  for (const { entry, content } of entries)
    if (content !== undefined && content.type !== "bytes") newest = Math.max(newest, entry.mtime);
  const made = epoch ?? (newest === NEWEST ? 0 : newest);
  return ({ entry, inherited }) => {
    if (inherited === true) return epoch !== undefined && hasEpoch(entry.path) ? epoch : entry.mtime;
    return entry.mtime === NEWEST ? made : (epoch ?? entry.mtime);
  };
}

/** Folders from below that have the time of the epoch by chance: of a base image made at the same commit. */
function fixedFolders(
  entries: readonly DraftEntry[],
  { epoch, hasEpoch }: Pick<WriteDraftOptions, "epoch" | "hasEpoch">,
): readonly string[] {
  return entries
    .filter(({ entry, inherited }) => inherited === true && entry.mtime === epoch && !hasEpoch(entry.path))
    .map(({ entry }) => entry.path);
}

function writeEntry(layer: FileLayer, entry: Entry, content: Content | undefined): void {
  if (content === undefined || content.type === "bytes") layer.add(entry, content?.bytes);
  else if (content.type === "range") layer.addRange(entry, content.range);
  else if (content.source.live) addContextFile(layer, entry, content);
  else if (content.entry.content === undefined) layer.add(entry);
  else layer.addRange(entry, content.entry.content);
}

function addContextFile(
  layer: FileLayer,
  entry: Entry,
  { source, entry: from }: Extract<Content, { type: "source" }>,
): void {
  const { changed, digest } = addHostFile(layer, entry, from.content?.file ?? "");
  if (changed || digest === undefined)
    throw new BuildError(
      "CONTEXT_CHANGED",
      `${JSON.stringify(from.path)} in ${source.title} changed while it was read`,
      {
        hint: "Build again when nothing writes to the context, or exclude the file in .dockerignore.",
      },
    );
  source.confirm(from, digest);
}

/** Names that are not UTF-8 can only be opened as bytes. */
function addHostFile(layer: FileLayer, entry: Entry, file: string): ReturnType<FileLayer["addFile"]> {
  const path = hostPath(file, "");
  if (typeof path === "string") return layer.addFile(entry, path, { hash: true });
  const descriptor = openSync(path, "r");
  try {
    return layer.addFile(entry, descriptor, { hash: true });
  } finally {
    closeSync(descriptor);
  }
}
