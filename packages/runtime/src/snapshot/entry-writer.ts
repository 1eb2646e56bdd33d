import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { type Entry, encodeName, type FileRange, TsbuildError } from "@tsbuild/oci";
import { type BatchHost, runBatch } from "../native/batch.ts";
import { AT_FDCWD, FILE_TYPE } from "../native/kernel-flags.ts";
import type { ScriptBuilder } from "../native/script.ts";
import { fileIn } from "./names.ts";

export interface WriterOptions extends BatchHost {
  /** Owners other than this user may be impossible to set: then every file belongs to this user. */
  readonly tolerateOwners: boolean;
}

/** An entry to be written; hard links are names of one group. */
export interface WritableEntry extends Entry {
  readonly linkGroup?: string;
}

/** Writes entries to an empty folder. Parents come before children, and are folders: nothing can lead outside. */
export interface EntryWriter {
  /** @param content Of a file. */
  write(entry: WritableEntry, content: FileRange | undefined): void;
  /** Marks a path as removed from what lies below, in overlay's way. */
  hide(path: string): void;
  /** Marks a folder as hiding what lies below it, in overlay's way. */
  hideBelow(path: string): void;
  /** Makes what Node has no calls for, and sets what children would change: the metadata of folders. */
  finish(): void;
}

/** The attribute by which overlay knows a folder that hides what lies below (with the option `userxattr`). */
export const OPAQUE_XATTR = "user.overlay.opaque";

/** Starts writing to the folder `into`. */
export function createEntryWriter(into: string, options: WriterOptions): EntryWriter {
  const work: Work = {
    into,
    options,
    buffer: Buffer.allocUnsafe(1024 * 1024),
    directories: [],
    nodes: [],
    whiteouts: [],
    opaque: [],
    xattrs: [],
    linked: new Map(),
    source: undefined,
  };
  return {
    write: (entry, content) => writeEntry(work, entry, content),
    hide: (path) => work.whiteouts.push(path),
    hideBelow: (path) => work.opaque.push(path),
    finish: () => {
      if (work.source) closeSync(work.source.fd);
      writeNodes(work);
      for (const entry of work.nodes) setMetadata(work, entry);
      for (const entry of work.directories.toReversed()) setMetadata(work, entry);
    },
  };
}

interface Work {
  readonly into: string;
  readonly options: WriterOptions;
  readonly buffer: Buffer;
  readonly directories: WritableEntry[];
  /** Devices and fifos: made in one batch. */
  readonly nodes: WritableEntry[];
  readonly whiteouts: string[];
  readonly opaque: string[];
  readonly xattrs: WritableEntry[];
  /** The first name of every file with several. */
  readonly linked: Map<string, string>;
  source: { readonly file: string; readonly fd: number } | undefined;
}

function writeEntry(work: Work, entry: WritableEntry, content: FileRange | undefined): void {
  const { path } = entry;
  const file = fileIn(work.into, path);
  const shared = entry.linkGroup === undefined ? undefined : work.linked.get(entry.linkGroup);
  if (shared !== undefined && entry.type === "file") {
    linkSync(fileIn(work.into, shared), file);
    return;
  }
  if (entry.linkGroup !== undefined) work.linked.set(entry.linkGroup, path);
  if (entry.xattrs && entry.xattrs.size > 0) work.xattrs.push(entry);
  switch (entry.type) {
    case "directory":
      if (path !== "") mkdirSync(file, 0o700);
      work.directories.push(entry);
      break;
    case "file":
      writeFile(work, file, entry, content);
      break;
    case "symlink":
      symlinkSync(encodeName(entry.linkName ?? ""), file);
      setMetadata(work, entry);
      break;
    case "hardlink":
      throw new TsbuildError("LAYER_INVALID", `/${path} of a layer is a hard link to a file of another layer`, {
        hint: "Build the image anew with a tool that repeats such files in the layer.",
      });
    default:
      work.nodes.push(entry);
  }
}

function writeFile(work: Work, file: string | Buffer, entry: WritableEntry, content: FileRange | undefined): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(file, flags, 0o600);
  try {
    if (content) copyRange(work, content, fd);
    if (needsOwner(entry)) attemptOwner(work, () => fchownSync(fd, entry.uid, entry.gid));
    fchmodSync(fd, entry.mode);
    futimesSync(fd, seconds(entry), seconds(entry));
  } finally {
    closeSync(fd);
  }
}

function copyRange(work: Work, { file, offset, size }: FileRange, target: number): void {
  if (work.source?.file !== file) {
    if (work.source) closeSync(work.source.fd);
    work.source = { file, fd: openSync(file, "r") };
  }
  for (let done = 0; done < size; ) {
    const wanted = Math.min(work.buffer.length, size - done);
    const got = readSync(work.source.fd, work.buffer, 0, wanted, offset + done);
    if (got === 0) throw new TsbuildError("LAYER_INVALID", `the plain layer ${file} is shorter than its index says`);
    for (let written = 0; written < got; ) written += writeSync(target, work.buffer, written, got - written);
    done += got;
  }
}

/** Devices, fifos, whiteouts and attributes: calls that Node does not have. */
function writeNodes(work: Work): void {
  const { into, nodes, whiteouts, opaque, xattrs } = work;
  if (nodes.length + whiteouts.length + opaque.length + xattrs.length === 0) return;
  const fileOf = (path: string): string => (path === "" ? into : `${into}/${path}`);
  runBatch(work.options, (script) => {
    for (const entry of nodes) makeNode(script, fileOf(entry.path), entry);
    for (const path of whiteouts) script.call("mknodat", [AT_FDCWD, fileOf(path), FILE_TYPE.char, 0]);
    for (const path of opaque) script.call("lsetxattr", [fileOf(path), OPAQUE_XATTR, "y", 1, 0]);
    // After the owners of files: a change of owner takes security.capability away.
    for (const entry of xattrs) setXattrs(script, fileOf(entry.path), entry);
    return { results: script.data(new Uint8Array()), size: 0 };
  });
}

/** Without privilege there are no devices: the tree then has an empty file there. */
function makeNode(script: ScriptBuilder, file: string, entry: WritableEntry): void {
  const type = FILE_TYPE[entry.type as keyof typeof FILE_TYPE] ?? FILE_TYPE.fifo;
  const device = deviceNumber(entry.devMajor ?? 0, entry.devMinor ?? 0);
  const [instead, done] = [`instead of ${file}`, `made ${file}`];
  script.call("mknodat", [AT_FDCWD, file, type | 0o600, device], { onError: instead });
  script.jump(done);
  script.label(instead);
  script.call("mknodat", [AT_FDCWD, file, 0o100600, 0]);
  script.label(done);
}

/** What this user or this file system cannot hold is left out. */
function setXattrs(script: ScriptBuilder, file: string, { xattrs }: WritableEntry): void {
  for (const [name, value] of xattrs ?? []) {
    script.call("lsetxattr", [file, name, script.data(value), value.length, 0], { onError: "continue" });
  }
}

/** dev_t as mknod(2) takes it. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

function setMetadata(work: Work, entry: WritableEntry): void {
  const file = fileIn(work.into, entry.path);
  if (needsOwner(entry)) attemptOwner(work, () => lchownSync(file, entry.uid, entry.gid));
  if (entry.type === "symlink") {
    lutimesSync(file, seconds(entry), seconds(entry));
    return;
  }
  chmodSync(file, entry.mode);
  utimesSync(file, seconds(entry), seconds(entry));
}

function needsOwner(entry: WritableEntry): boolean {
  return entry.uid !== process.getuid?.() || entry.gid !== process.getgid?.();
}

function attemptOwner(work: Work, change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!work.options.tolerateOwners) throw error;
  }
}

function seconds(entry: WritableEntry): number {
  return entry.mtime + entry.mtimeNsec / 1e9;
}
