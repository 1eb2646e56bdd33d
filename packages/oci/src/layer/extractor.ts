import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { encodeName } from "../tar/name.ts";
import { keepOpen } from "./file-content.ts";
import { splitPath } from "./path.ts";
import type { TreeEntry } from "./tree.ts";

/** Writes the entries of a tree into a folder, parents first. Synchronous: it belongs into a worker thread. */
export interface Extractor {
  write(entry: TreeEntry): void;
  /** Sets the modes and times of the directories that are still open. */
  finish(): void;
  /** Paths that were passed over: devices and FIFOs. */
  readonly skipped: readonly string[];
}

interface OpenDirectory {
  readonly entry: TreeEntry;
  readonly descriptor: number;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const CHUNK = 1 << 20;

/**
 * Every file is named through the open descriptor of its directory (`/proc/self/fd/N/name`, the way to say `openat` in
 * Node), and directories are opened one by one without following symlinks: so nothing that lies in the folder, or is put
 * there meanwhile, can lead out of it.
 */
export function createExtractor({ directory, owners }: { directory: string; owners: boolean }): Extractor {
  const open: OpenDirectory[] = [];
  const firstNames = new Map<string, string>();
  const sources = keepOpen();
  const buffer = Buffer.allocUnsafe(CHUNK);
  const skipped: string[] = [];

  mkdirSync(directory, { recursive: true });
  const root = openSync(directory, O_RDONLY | O_DIRECTORY);

  /** Leaves the directories that do not contain `path`; their times are set when nothing more is written to them. */
  const leaveFor = (path: string): void => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (path.startsWith(`${last.entry.path}/`)) return;
      open.pop();
      setMetadata(last.descriptor, last.entry, owners);
      closeSync(last.descriptor);
    }
  };

  const placeOf = (path: string): Buffer => at(open.at(-1)?.descriptor ?? root, splitPath(path).name);

  const makeDirectory = (entry: TreeEntry, place: Buffer): void => {
    if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
      remove(place);
      mkdirSync(place, 0o700);
    }
    const descriptor = openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    open.push({ entry, descriptor });
    // What an earlier extraction left read-only must take entries again; its own mode comes when it is left.
    if ((fstatSync(descriptor).mode & 0o300) !== 0o300) fchmodSync(descriptor, 0o700);
  };

  const makeFile = (entry: TreeEntry, place: Buffer): void => {
    remove(place);
    const descriptor = openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      if (entry.content !== undefined)
        copyContent(sources.open(entry.content.file).descriptor, descriptor, entry, buffer);
      setMetadata(descriptor, entry, owners);
    } finally {
      closeSync(descriptor);
    }
  };

  const makeSymlink = (entry: TreeEntry, place: Buffer): void => {
    remove(place);
    symlinkSync(encodeName(entry.linkName ?? ""), place);
    if (owners) lchownSync(place, entry.uid, entry.gid);
    lutimesSync(place, timeOf(entry), timeOf(entry));
  };

  const makeLink = (first: string, place: Buffer): void => {
    remove(place);
    withDirectory(root, splitPath(first).directory, (descriptor) =>
      linkSync(at(descriptor, splitPath(first).name), place),
    );
  };

  const write = (entry: TreeEntry): void => {
    if (entry.path === "") return;
    leaveFor(entry.path);
    const place = placeOf(entry.path);
    const first = entry.linkGroup === undefined ? undefined : firstNames.get(entry.linkGroup);
    if (entry.linkGroup !== undefined && first === undefined) firstNames.set(entry.linkGroup, entry.path);
    if (first !== undefined) makeLink(first, place);
    else if (entry.type === "directory") makeDirectory(entry, place);
    else if (entry.type === "file") makeFile(entry, place);
    else if (entry.type === "symlink") makeSymlink(entry, place);
    else skipped.push(entry.path);
  };

  const finish = (): void => {
    leaveFor("");
    sources.close();
    closeSync(root);
  };

  return { write, finish, skipped };
}

/** A name inside an open directory, as bytes. */
function at(descriptor: number, name: string): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${descriptor}/`), encodeName(name)]);
}

/** Removes what has the name; a directory with all in it. Symlinks are removed, not followed. */
function remove(place: Buffer): void {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isDirectory()) rmSync(place, { recursive: true, force: true });
  else unlinkSync(place);
}

/** Opens a directory below `root` part by part, no symlink followed. */
function withDirectory(root: number, path: string, use: (descriptor: number) => void): void {
  const opened: number[] = [];
  try {
    for (const name of path === "" ? [] : path.split("/"))
      opened.push(openSync(at(opened.at(-1) ?? root, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    use(opened.at(-1) ?? root);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function copyContent(from: number, to: number, { content, path }: TreeEntry, buffer: Buffer): void {
  const { offset, size } = content as NonNullable<TreeEntry["content"]>;
  for (let done = 0; done < size; ) {
    const read = readSync(from, buffer, 0, Math.min(buffer.length, size - done), offset + done);
    if (read === 0) throw new Error(`the layer ends before the content of ${path}`);
    for (let written = 0; written < read; ) written += writeSync(to, buffer, written, read - written);
    done += read;
  }
}

/** The owner first: changing it clears the set-user-ID bit. */
function setMetadata(descriptor: number, entry: TreeEntry, owners: boolean): void {
  if (owners) fchownSync(descriptor, entry.uid, entry.gid);
  fchmodSync(descriptor, entry.mode);
  futimesSync(descriptor, timeOf(entry), timeOf(entry));
}

/** A date where it is before 1970: Node takes a negative number for "now". */
function timeOf({ mtime, mtimeNsec }: TreeEntry): number | Date {
  const seconds = mtime + mtimeNsec / 1e9;
  return seconds < 0 ? new Date(seconds * 1000) : seconds;
}
