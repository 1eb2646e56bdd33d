import type { IndexedDirectory, LayerIndex } from "@tsbuild/oci";
import { createEntryWriter, type EntryWriter, type WriterOptions } from "./entry-writer.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { childPath } from "./names.ts";

/** What {@link unpackLayer} found. */
export interface UnpackedLayer {
  readonly opaque: readonly string[];
  readonly implied: readonly string[];
  readonly root: RootMetadata | undefined;
}

/**
 * Writes a layer to the empty folder `into`, in the form that overlay mounts: what it removes is a device 0:0, a folder
 * that replaces one below has an attribute. Nothing is written outside `into`: paths come from the index, whose parents
 * are folders of the layer and never symlinks.
 * @throws TsbuildError LAYER_INVALID
 */
export function unpackLayer(index: LayerIndex, into: string, options: WriterOptions): UnpackedLayer {
  const writer = createEntryWriter(into, options);
  const opaque: string[] = [];
  const implied: string[] = [];
  let root: RootMetadata | undefined;
  for (const path of index.directories()) {
    const directory = index.directory(path);
    if (!directory) continue;
    opaque.push(...writeRemovals(writer, path, directory));
    for (const entry of directory.entries.values()) {
      if (entry.implied) implied.push(entry.path);
      // The root's metadata is that of the upper folder, whatever lies below.
      if (entry.path !== "") writer.write(entry, index.contentOf(entry));
      else root = { mode: entry.mode, uid: entry.uid, gid: entry.gid };
    }
  }
  for (const path of opaque) writer.hideBelow(path);
  writer.finish();
  return { opaque, implied, root };
}

/** Hides what the layer removes from a folder; the folders that hide all below them. */
function writeRemovals(writer: EntryWriter, path: string, directory: IndexedDirectory): readonly string[] {
  const opaque = directory.opaque ? [path] : [];
  for (const name of directory.whiteouts) {
    // What is removed and there again is new: a folder then hides what was in the one below.
    const again = directory.entries.get(name);
    if (!again) writer.hide(childPath(path, name));
    else if (again.type === "directory") opaque.push(again.path);
  }
  return opaque;
}
