import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import type { Entry, FileRange } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { type ArchiveEntry, openArchiveFile } from "./archive.ts";
import type { Draft } from "./draft.ts";
import { cleanPath, joinPath, nameOf, parentOf } from "./names.ts";
import { attributesOf, type Placement } from "./place.ts";
import type { Selected } from "./select.ts";

/** Keeps the bytes of archives' files until the layer is written: a tar can only be read front to back, layers are sorted. */
export interface Spool {
  append(body: AsyncIterable<Uint8Array>): Promise<FileRange>;
  close(): void;
}

/** A spool in the new file `path`, which is made when it is first needed and removed by `close`. */
export function createSpool(path: string): Spool {
  let descriptor: number | undefined;
  let offset = 0;
  return {
    async append(body) {
      const file = descriptor ?? openSync(path, "wx", 0o600);
      descriptor = file;
      const start = offset;
      for await (const chunk of body)
        for (let done = 0; done < chunk.length; ) {
          const written = writeSync(file, chunk, done);
          done += written;
          offset += written;
        }
      return { file: path, offset: start, size: offset - start };
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

export interface Unpacking {
  readonly placement: Placement;
  readonly spool: Spool;
  /** True: what is no archive is an error. */
  readonly required: boolean;
}

/**
 * Unpacks a selected file into the folder `destination` where it is an archive. False: it is none.
 * @throws BuildError ARCHIVE_INVALID where `required`
 */
export async function unpackInto(
  draft: Draft,
  selected: Selected,
  destination: string,
  { placement, spool, required }: Unpacking,
): Promise<boolean> {
  const content = selected.entries[0]?.entry.content;
  const name = selected.name ?? "a folder";
  const archive =
    selected.name === undefined || content === undefined ? undefined : await openArchiveFile(content, name);
  if (archive === undefined) {
    if (!required) return false;
    throw new BuildError("ARCHIVE_INVALID", `--unpack: ${JSON.stringify(name)} is no archive`, {
      hint: "Leave --unpack out to copy what is no archive as it is.",
    });
  }
  const root = draft.resolve(cleanPath(destination));
  draft.makeDirectory(root, placement.directory);
  const linked: LinkedNames = new Map();
  for await (const entry of archive) await placeArchiveEntry(draft, root, entry, { placement, spool, linked });
  return true;
}

/** By group: the names that hard-linked files have so far. */
type LinkedNames = Map<string, string[]>;

async function placeArchiveEntry(
  draft: Draft,
  root: string,
  { entry, body }: ArchiveEntry,
  { placement, spool, linked }: Pick<Unpacking, "placement" | "spool"> & { readonly linked: LinkedNames },
): Promise<void> {
  const content = entry.type === "file" ? await spool.append(body) : undefined;
  const clean = cleanPath(entry.path);
  if (clean === "") return;
  const folder = draft.resolve(joinPath(root, parentOf(clean)));
  draft.makeDirectory(folder, placement.directory);
  const path = joinPath(folder, nameOf(clean));
  const { owner } = placement;
  if (entry.type !== "directory" && draft.lstat(path)?.type === "directory") draft.dropBelow(path);
  const attributes = attributesOf(entry, path, { owner, mode: undefined });
  if (entry.type === "hardlink") return linkTo(draft, root, attributes, linked);
  draft.put({
    entry: attributes,
    ...(content === undefined ? {} : { content: { type: "range", range: content } as const }),
  });
}

/**
 * One more name of a file that the archive, or the tree below, has already. What the entry says of mode, owner and time
 * holds for the file by all its names, as where Docker unpacks it.
 */
function linkTo(draft: Draft, root: string, { path, linkName = "", ...link }: Entry, linked: LinkedNames): void {
  const clean = cleanPath(linkName);
  const target = joinPath(draft.resolve(joinPath(root, parentOf(clean))), nameOf(clean));
  const planned = draft.planned(target);
  if (planned !== undefined) {
    const group = planned.group ?? `link ${target}`;
    const names = linked.get(group) ?? [target];
    names.push(path);
    linked.set(group, names);
    const { mode, uid, gid, mtime, mtimeNsec } = link;
    const entry = { ...planned.entry, mode, uid, gid, mtime, mtimeNsec };
    for (const name of names) draft.put({ ...planned, group, entry: { ...entry, path: name } });
    return;
  }
  const below = draft.base.lstat(target);
  if (below?.type !== "file" || below.content === undefined)
    throw new BuildError("ARCHIVE_INVALID", `the archive links ${path} to ${target}, which is not there`);
  const entry = attributesOf(below, path, { owner: undefined, mode: undefined });
  draft.put({ entry, content: { type: "range", range: below.content } });
}
