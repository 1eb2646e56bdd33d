import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { AbortOptions, Bytes } from "../bytes.ts";
import { TsbuildError } from "../error.ts";
import type { Entry, EntryType } from "../tar/entry.ts";
import { compareNames } from "../tar/name.ts";
import { safePath } from "../tar/safe-path.ts";
import type { FileLayer } from "./file-layer.ts";
import { createHashedFile } from "./hashed-file.ts";
import { parentsOf } from "./path.ts";

/** A file, directory or link to put into a layer. All but `path` has a default. */
export interface FileEntry {
  /** Where it goes, from the root; a leading `/` does not matter. */
  readonly path: string;
  /** @default "directory" where `path` ends in `/`, "symlink" where there is a `linkTarget`, else "file" */
  readonly type?: EntryType;
  /** The content of a file; `{file}` names a file on disk, which is read when the layer is written. */
  readonly content?: Uint8Array | string | Bytes | { readonly file: string };
  /** Where a symlink points, or which path of the layer a hard link shares. */
  readonly linkTarget?: string;
  /** @default 0o755 for directories, 0o777 for symlinks, else 0o644 */
  readonly mode?: number;
  /** @default 0 */
  readonly uid?: number;
  /** @default 0 */
  readonly gid?: number;
  /** Cut to whole seconds. @default 1970: so that the layer does not depend on when it was made */
  readonly mtime?: Date;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** An entry whose size is known. */
export interface PlannedEntry {
  readonly entry: Entry;
  /** @throws TsbuildError FILE_UNREADABLE, FILE_CHANGED */
  addTo(layer: FileLayer): void;
}

/**
 * Completes entries and puts them in order: by path, hard links last, because what they share must come first.
 * @param folder Where streams are kept until their size is known.
 * @throws TsbuildError ENTRY_INVALID where a path is named twice
 */
export async function planLayer(
  entries: Iterable<FileEntry> | AsyncIterable<FileEntry>,
  folder: string,
  options: AbortOptions,
): Promise<readonly PlannedEntry[]> {
  const planned = new Map<string, PlannedEntry>();
  for await (const file of entries) {
    const path = safePath(file.path);
    if (planned.has(path)) throw new TsbuildError("ENTRY_INVALID", `the layer names ${JSON.stringify(path)} twice`);
    planned.set(path, await plan(file, join(folder, String(planned.size)), options));
  }
  for (const parent of [...planned.keys()].flatMap(parentsOf)) {
    if (!planned.has(parent)) planned.set(parent, fixed(toEntry({ path: `${parent}/` }, 0)));
  }
  return [...planned.values()].sort((a, b) => rank(a) - rank(b) || compareNames(a.entry.path, b.entry.path));
}

function rank({ entry }: PlannedEntry): number {
  return entry.type === "hardlink" ? 1 : 0;
}

async function plan(file: FileEntry, spool: string, { signal }: AbortOptions): Promise<PlannedEntry> {
  const { content = "" } = file;
  if (typeof content === "string" || content instanceof Uint8Array) {
    const bytes = Buffer.from(content);
    return fixed(toEntry(file, bytes.length), bytes);
  }
  if ("file" in content) return fromDisk(file, content.file);
  await keep(content, spool, signal);
  return fromDisk(file, spool);
}

/** Writes a stream down, because an entry says its size before its content. */
async function keep(content: Bytes, path: string, signal: AbortSignal | undefined): Promise<void> {
  const file = createHashedFile(path);
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      await file.write(chunk);
    }
  } finally {
    await file.finish();
  }
}

function fixed(entry: Entry, bytes?: Uint8Array): PlannedEntry {
  return { entry, addTo: (layer) => layer.add(entry, bytes) };
}

function fromDisk(file: FileEntry, source: string): PlannedEntry {
  const entry = toEntry(file, sizeOf(source));
  const addTo = (layer: FileLayer): void => {
    const { changed } = layer.addFile(entry, source);
    if (changed) throw new TsbuildError("FILE_CHANGED", `${source} changed while it was read`);
  };
  return { entry, addTo };
}

function sizeOf(source: string): number {
  const stat = lstatSync(source, { throwIfNoEntry: false });
  if (stat?.isFile()) return stat.size;
  throw new TsbuildError("FILE_UNREADABLE", `${source} is ${stat === undefined ? "not there" : "no regular file"}`);
}

function toEntry(file: FileEntry, size: number): Entry {
  const type = file.type ?? defaultType(file);
  const linkName = type === "hardlink" ? safePath(file.linkTarget ?? "") : file.linkTarget;
  return {
    path: safePath(file.path),
    type,
    mode: file.mode ?? (type === "directory" ? 0o755 : type === "symlink" ? 0o777 : 0o644),
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
    size: type === "file" ? size : 0,
    mtime: Math.floor((file.mtime?.getTime() ?? 0) / 1000),
    mtimeNsec: 0,
    ...(linkName === undefined ? {} : { linkName }),
    ...(file.xattrs === undefined ? {} : { xattrs: file.xattrs }),
  };
}

function defaultType({ path, linkTarget }: FileEntry): EntryType {
  if (linkTarget !== undefined) return "symlink";
  return path.endsWith("/") ? "directory" : "file";
}
