import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type BatchHost, runBatch } from "../native/batch.ts";
import { AT_FDCWD, FILE_TYPE } from "../native/kernel-flags.ts";
import { copyTree } from "../snapshot/copy-tree.ts";
import { removeTree } from "../snapshot/remove-tree.ts";
import type { ContainerSpec, PlannedMount } from "../spec/container-spec.ts";
import { DEFAULT_DEVICES, DEVICE_LINKS } from "../spec/devices.ts";
import type { BackendProcess } from "./backend.ts";

/** What was put into a root in place of mounts. */
export interface PlacedMounts {
  /** Takes it away again, and writes back what was changed in folders of the host that are writable. */
  restore(): void;
}

/** Where nothing can be mounted: puts copies of what would be mounted in its place, and devices of our own in /dev. */
export function placeMounts(host: BatchHost, root: string, spec: ContainerSpec): PlacedMounts {
  const undo: (() => void)[] = [];
  const restore = (): void => undoAll(undo);
  const put = (target: string, make: (path: string) => void, takeBack?: (path: string) => void): void => {
    undo.push(replace(join(root, target), join(spec.memoryFolder, `replaced-${undo.length}`), make, takeBack));
  };
  try {
    put("/dev", (path) => makeDevices(host, path));
    for (const mount of spec.mounts) {
      const source = sourceOf(mount);
      const keep = source !== undefined && mount.type === "bind" && !mount.readonly;
      put(mount.target, (path) => fill(mount, path, source), keep ? (path) => writeBack(path, source) : undefined);
    }
    return { restore };
  } catch (error) {
    restore();
    throw error;
  }
}

/** Makes what is missing of the mount points, for what mounts without the kernel. */
export function placeMountPoints(root: string, spec: ContainerSpec): PlacedMounts {
  const undo = spec.mounts.flatMap((mount) => {
    const path = join(root, mount.target);
    if (lstatSync(path, { throwIfNoEntry: false })) return [];
    const isFile = mount.type === "content" || (mount.type !== "tmpfs" && mount.kind === "file");
    return [replace(path, path, isFile ? (file) => writeFileSync(file, "") : (folder) => mkdirSync(folder))];
  });
  return { restore: () => undoAll(undo) };
}

/** Starts a process, and restores the root when it has ended, or could not be started. */
export function restoring(placed: PlacedMounts, start: () => BackendProcess): BackendProcess {
  try {
    const running = start();
    return { ...running, ended: running.ended.finally(placed.restore) };
  } catch (error) {
    placed.restore();
    throw error;
  }
}

function undoAll(steps: (() => void)[]): void {
  for (const step of steps.splice(0).reverse()) step();
}

/** Node sets times to the microsecond only. */
const SAME_MS = 0.01;

/** Moves what is at `path` aside and makes something else there; the way back. */
function replace(
  path: string,
  aside: string,
  make: (path: string) => void,
  takeBack?: (path: string) => void,
): () => void {
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  const before = lstatSync(parent).mtimeMs;
  const existed = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (existed) renameSync(path, aside);
  make(path);
  const placed = lstatSync(parent).mtimeMs;
  return () => {
    takeBack?.(path);
    const now = lstatSync(parent, { throwIfNoEntry: false })?.mtimeMs;
    if (now === undefined) return;
    removeTree(path);
    if (existed) renameSync(aside, path);
    // Only what the process did shall show.
    const time = (Math.abs(now - placed) < SAME_MS ? before : now) / 1000;
    utimesSync(parent, time, time);
  };
}

function sourceOf(mount: PlannedMount): string | undefined {
  if (mount.type === "bind") return mount.source;
  if (mount.type === "tree") return join("folder" in mount.tree ? mount.tree.folder : mount.tree.target, mount.path);
  return undefined;
}

function fill(mount: PlannedMount, path: string, source: string | undefined): void {
  if (source !== undefined) {
    copyTree(source, path);
  } else if (mount.type === "tmpfs") {
    mkdirSync(path);
    chmodSync(path, mount.mode);
  } else if (mount.type === "content") {
    writeFileSync(path, mount.content, { mode: mount.mode });
    chownSync(path, mount.uid, mount.gid);
  }
}

/** What the process made of a folder of the host becomes that folder. A file of the host is left as it is. */
function writeBack(path: string, source: string): void {
  if (!lstatSync(source).isDirectory()) return;
  const fresh = `${source}.${process.pid}.new`;
  copyTree(path, fresh);
  const old = `${source}.${process.pid}.old`;
  renameSync(source, old);
  renameSync(fresh, source);
  removeTree(old);
}

/** The usual nodes, as far as this machine lets us make them. */
function makeDevices(host: BatchHost, folder: string): void {
  mkdirSync(folder, { mode: 0o755 });
  for (const name of ["shm", "pts"]) mkdirSync(join(folder, name));
  chmodSync(join(folder, "shm"), 0o1777);
  runBatch(host, (script) => {
    for (const { name, major, minor } of DEFAULT_DEVICES) {
      const mode = FILE_TYPE.char | 0o666;
      script.call("mknodat", [AT_FDCWD, join(folder, name), mode, major * 256 + minor], { onError: "continue" });
      script.call("fchmodat", [AT_FDCWD, join(folder, name), 0o666], { onError: "continue" });
    }
    return { results: script.data(new Uint8Array()), size: 0 };
  });
  for (const [name, pointsTo] of DEVICE_LINKS) symlinkSync(pointsTo, join(folder, name));
}
