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
import { encodeName, type FileRange, type IndexedEntry, type LayerIndex, TsbuildError } from "@tsbuild/oci";
import { type BatchHost, runBatch } from "../native/batch.ts";
import { AT_FDCWD, FILE_TYPE } from "../native/kernel-flags.ts";
import type { RootMetadata } from "./layer-folder.ts";
import { childPath, fileIn } from "./names.ts";

export interface UnpackOptions extends BatchHost {
  /** Owners other than this user may be impossible to set: then every file belongs to this user. */
  readonly tolerateOwners: boolean;
}

/** What {@link unpackLayer} found. */
export interface UnpackedLayer {
  readonly opaque: readonly string[];
  readonly implied: readonly string[];
  readonly root: RootMetadata | undefined;
}

/** The attribute by which overlay knows a folder that hides what lies below (with the option `userxattr`). */
export const OPAQUE_XATTR = "user.overlay.opaque";

/**
 * Writes a layer to the empty folder `into`, in the form that overlay mounts: what it removes is a device 0:0, a folder
 * that replaces one below has an attribute. Nothing is written outside `into`: paths come from the index, whose parents
 * are folders of the layer and never symlinks.
 * @throws TsbuildError LAYER_INVALID
 */
export function unpackLayer(index: LayerIndex, into: string, options: UnpackOptions): UnpackedLayer {
  const work = createWork(into, options);
  for (const path of index.directories()) {
    const directory = index.directory(path);
    if (!directory) continue;
    if (directory.opaque) work.opaque.push(path);
    for (const name of directory.whiteouts) {
      // What is removed and there again is new: a folder then hides what was in the one below.
      const again = directory.entries.get(name);
      if (!again) work.whiteouts.push(childPath(path, name));
      else if (again.type === "directory") work.opaque.push(again.path);
    }
    for (const entry of directory.entries.values()) writeEntry(work, index, entry);
  }
  if (work.descriptor !== undefined) closeSync(work.descriptor.fd);
  writeNodes(work);
  for (const { path, entry } of work.nodes) setMetadata(work, path, entry);
  for (const { path, entry } of work.directories.reverse()) setMetadata(work, path, entry);
  return { opaque: work.opaque, implied: work.implied, root: work.root };
}

interface Placed {
  readonly path: string;
  readonly entry: IndexedEntry;
}

interface UnpackWork {
  readonly into: string;
  readonly options: UnpackOptions;
  readonly buffer: Buffer;
  readonly directories: Placed[];
  /** Devices and fifos: made in one batch. */
  readonly nodes: Placed[];
  readonly whiteouts: string[];
  readonly opaque: string[];
  readonly implied: string[];
  readonly xattrs: Placed[];
  /** The first name of every file with several. */
  readonly linked: Map<string, string>;
  root: RootMetadata | undefined;
  descriptor: { readonly file: string; readonly fd: number } | undefined;
}

function createWork(into: string, options: UnpackOptions): UnpackWork {
  return {
    into,
    options,
    buffer: Buffer.allocUnsafe(1024 * 1024),
    directories: [],
    nodes: [],
    whiteouts: [],
    opaque: [],
    implied: [],
    xattrs: [],
    linked: new Map(),
    root: undefined,
    descriptor: undefined,
  };
}

function writeEntry(work: UnpackWork, index: LayerIndex, entry: IndexedEntry): void {
  const { path } = entry;
  const file = fileIn(work.into, path);
  if (path === "") {
    if (!entry.implied) work.root = { mode: entry.mode, uid: entry.uid, gid: entry.gid };
    return;
  }
  const shared = entry.linkGroup === undefined ? undefined : work.linked.get(entry.linkGroup);
  if (shared !== undefined) {
    linkSync(fileIn(work.into, shared), file);
    return;
  }
  if (entry.linkGroup !== undefined) work.linked.set(entry.linkGroup, path);
  if (entry.xattrs && entry.xattrs.size > 0) work.xattrs.push({ path, entry });
  switch (entry.type) {
    case "directory":
      mkdirSync(file, 0o700);
      work.directories.push({ path, entry });
      if (entry.implied) work.implied.push(path);
      break;
    case "file":
      writeFile(work, file, entry, index.contentOf(entry));
      break;
    case "symlink":
      symlinkSync(encodeName(entry.linkName ?? ""), file);
      setMetadata(work, path, entry);
      break;
    case "hardlink":
      throw new TsbuildError("LAYER_INVALID", `/${path} of a layer is a hard link to a file of another layer`, {
        hint: "Build the image anew with a tool that repeats such files in the layer.",
      });
    default:
      work.nodes.push({ path, entry });
  }
}

function writeFile(work: UnpackWork, file: string | Buffer, entry: IndexedEntry, content: FileRange | undefined): void {
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

function copyRange(work: UnpackWork, { file, offset, size }: FileRange, target: number): void {
  if (work.descriptor?.file !== file) {
    if (work.descriptor) closeSync(work.descriptor.fd);
    work.descriptor = { file, fd: openSync(file, "r") };
  }
  for (let done = 0; done < size; ) {
    const wanted = Math.min(work.buffer.length, size - done);
    const got = readSync(work.descriptor.fd, work.buffer, 0, wanted, offset + done);
    if (got === 0) throw new TsbuildError("LAYER_INVALID", `the plain layer ${file} is shorter than its index says`);
    for (let written = 0; written < got; ) written += writeSync(target, work.buffer, written, got - written);
    done += got;
  }
}

/** Devices, fifos, whiteouts and attributes: calls that Node does not have. */
function writeNodes(work: UnpackWork): void {
  const { into, nodes, whiteouts, opaque, xattrs } = work;
  if (nodes.length + whiteouts.length + opaque.length + xattrs.length === 0) return;
  // Owners first: a change of owner takes security.capability away.
  runBatch(work.options, (script) => {
    for (const { path, entry } of nodes) {
      const type = FILE_TYPE[entry.type as keyof typeof FILE_TYPE] ?? FILE_TYPE.fifo;
      const device = deviceNumber(entry.devMajor ?? 0, entry.devMinor ?? 0);
      // Without privilege there are no devices; the image has an empty file there instead of none.
      const fallback = `file ${path}`;
      script.call("mknodat", [AT_FDCWD, `${into}/${path}`, type | 0o600, device], { onError: fallback });
      script.jump(`made ${path}`);
      script.label(fallback);
      script.call("mknodat", [AT_FDCWD, `${into}/${path}`, 0o100600, 0]);
      script.label(`made ${path}`);
    }
    for (const path of whiteouts) script.call("mknodat", [AT_FDCWD, `${into}/${path}`, FILE_TYPE.char, 0]);
    for (const path of opaque) {
      script.call("lsetxattr", [path === "" ? into : `${into}/${path}`, OPAQUE_XATTR, "y", 1, 0]);
    }
    for (const { path, entry } of xattrs) {
      for (const [name, value] of entry.xattrs ?? []) {
        script.call("lsetxattr", [`${into}/${path}`, name, script.data(value), value.length, 0], {
          onError: "continue",
        });
      }
    }
    return { results: script.data(new Uint8Array()), size: 0 };
  });
}

/** dev_t as mknod(2) takes it. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

function setMetadata(work: UnpackWork, path: string, entry: IndexedEntry): void {
  const file = fileIn(work.into, path);
  if (needsOwner(entry)) attemptOwner(work, () => lchownSync(file, entry.uid, entry.gid));
  if (entry.type === "symlink") {
    lutimesSync(file, seconds(entry), seconds(entry));
    return;
  }
  chmodSync(file, entry.mode);
  utimesSync(file, seconds(entry), seconds(entry));
}

function needsOwner(entry: IndexedEntry): boolean {
  return entry.uid !== process.getuid?.() || entry.gid !== process.getgid?.();
}

function attemptOwner(work: UnpackWork, change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!work.options.tolerateOwners) throw error;
  }
}

function seconds(entry: IndexedEntry): number {
  return entry.mtime + entry.mtimeNsec / 1e9;
}
