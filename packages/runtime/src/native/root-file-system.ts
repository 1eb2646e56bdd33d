import { dirname } from "node:path/posix";
import type { ContainerSpec, OverlayMount, PlannedMount, RootMount } from "../spec/container-spec.ts";
import { DEFAULT_DEVICES, DEVICE_LINKS } from "../spec/devices.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../spec/hidden-paths.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MOUNT,
  MOUNT_ATTR,
  MOVE_MOUNT_FROM_EMPTY_PATH,
  OPEN,
  OPEN_TREE_CLONE,
  RESOLVE_IN_ROOT,
  UMOUNT_DETACH,
} from "./kernel-flags.ts";
import type { ScriptBuilder, Slot } from "./script.ts";

/**
 * Writes the calls that make `spec`'s root the root of this process, in an order that leaves a hostile image nothing to
 * redirect: everything that comes from the host is opened first, the root is changed, and only then is anything mounted
 * in it, so that the image's symlinks can lead nowhere but into the image. The old root goes last, because a user
 * namespace may mount /proc only while it still sees one.
 */
export function enterRoot(script: ScriptBuilder, spec: ContainerSpec): void {
  script.call("mount", ["none", "/", 0, MOUNT.RECURSIVE | MOUNT.PRIVATE, 0]);
  mountRoot(script, spec.root, spec.privileged ? 0 : MOUNT.NODEV);
  const devices = DEFAULT_DEVICES.map(({ name }) => openTree(script, `/dev/${name}`, 0));
  const hostSys = spec.userNamespace && spec.network === "host" ? openTree(script, "/sys", AT_RECURSIVE) : undefined;
  const sources = openSources(script, spec);
  const oldRoot = openFolder(script, "/");
  script.call("chdir", ["folder" in spec.root ? spec.root.folder : spec.root.target]);
  script.call("pivot_root", [".", "."], { purpose: "to change the root" });
  script.call("chdir", ["/"]);
  mountKernelInterfaces(script, spec, hostSys);
  fillDevices(script, devices);
  if (!spec.privileged) hidePaths(script, { masked: MASKED_PATHS, readonly: READONLY_PATHS });
  for (const [index, mount] of spec.mounts.entries()) attach(script, mount, sources[index]);
  script.call("fchdir", [oldRoot]);
  script.call("mount", ["", ".", 0, MOUNT.RECURSIVE | MOUNT.SLAVE, 0]);
  script.call("umount2", [".", UMOUNT_DETACH]);
  script.call("close", [oldRoot]);
  script.call("chdir", ["/"]);
}

/** Mounts the root where it lies; nothing sees it but this process. */
export function mountRoot(script: ScriptBuilder, root: RootMount, flags: number): void {
  if (!("folder" in root)) {
    mountOverlay(script, root, flags);
    return;
  }
  script.call("mount", [root.folder, root.folder, 0, MOUNT.BIND, 0]);
  script.call("mount", [0, root.folder, 0, MOUNT.REMOUNT | MOUNT.BIND | flags, 0]);
}

/** Mounts an overlay on its folder of ours. */
function mountOverlay(script: ScriptBuilder, overlay: OverlayMount, flags: number): void {
  script.call("chdir", [overlay.workingFolder]);
  script.call("mount", ["overlay", overlay.target, "overlay", flags, overlay.options], {
    purpose: "to mount the layers",
  });
}

/** Mounts a tree that is to be seen in the root: a folder is there already. */
export function mountTree(script: ScriptBuilder, root: RootMount): void {
  if (!("folder" in root)) mountOverlay(script, root, MOUNT.NODEV);
}

/** Mounts memory on `folder` and writes the content of every such mount to a file `0`, `1`, ... in it. */
export function writeContents(script: ScriptBuilder, spec: ContainerSpec): void {
  const contents = spec.mounts.filter((mount) => mount.type === "content");
  if (contents.length === 0) return;
  script.call("mount", ["tmpfs", spec.memoryFolder, "tmpfs", MOUNT.NOSUID | MOUNT.NODEV, "mode=700"]);
  for (const [index, mount] of contents.entries()) {
    const fd = script.slot();
    const flags = OPEN.WRITE | OPEN.CREATE | OPEN.EXCLUSIVE | OPEN.CLOEXEC;
    script.call("openat", [AT_FDCWD, `${spec.memoryFolder}/${index}`, flags, 0o600], { result: fd });
    script.call("write", [fd, script.data(mount.content), mount.content.length]);
    script.call("fchown", [fd, mount.uid, mount.gid], { purpose: `to give ${mount.target} its owner` });
    script.call("fchmod", [fd, mount.mode]);
    script.call("close", [fd]);
  }
}

function openSources(script: ScriptBuilder, spec: ContainerSpec): readonly (Slot | undefined)[] {
  writeContents(script, spec);
  let content = 0;
  return spec.mounts.map((mount) => {
    if (mount.type === "bind") return openTree(script, mount.source, AT_RECURSIVE);
    if (mount.type === "content") return openTree(script, `${spec.memoryFolder}/${content++}`, 0);
    if (mount.type === "tree") return openInTree(script, mount.tree, mount.path);
    return undefined;
  });
}

/** A tree of the host, to be mounted later. */
export function openTree(script: ScriptBuilder, path: string, recursive: number): Slot {
  const tree = script.slot();
  script.call("open_tree", [AT_FDCWD, path, OPEN_TREE_CLONE | OPEN.CLOEXEC | recursive], {
    result: tree,
    purpose: "to open what is to be mounted",
  });
  return tree;
}

/** What is at `path` of a tree, every symlink on the way read as if the tree were the root. */
function openInTree(script: ScriptBuilder, root: RootMount, path: string): Slot {
  mountTree(script, root);
  const top = openFolder(script, "folder" in root ? root.folder : root.target);
  const found = script.slot();
  const tree = script.slot();
  script.call("openat2", [top, path === "" ? "." : path, openHow(script), 24], {
    result: found,
    purpose: "to find what is to be mounted",
  });
  script.call("open_tree", [found, "", OPEN_TREE_CLONE | OPEN.CLOEXEC | AT_EMPTY_PATH], { result: tree });
  script.call("close", [found]);
  script.call("close", [top]);
  return tree;
}

function openHow(script: ScriptBuilder): { readonly offset: number } {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(OPEN.PATH | OPEN.CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT), 16);
  return script.data(how);
}

/** Opens a folder. */
export function openFolder(script: ScriptBuilder, path: string, extra = 0): Slot {
  const fd = script.slot();
  script.call("openat", [AT_FDCWD, path, OPEN.DIRECTORY | OPEN.CLOEXEC | extra, 0], { result: fd });
  return fd;
}

function mountKernelInterfaces(script: ScriptBuilder, spec: ContainerSpec, hostSys: Slot | undefined): void {
  const strict = MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC;
  for (const path of ["/proc", "/dev", "/sys"]) requireFolder(script, path);
  script.call("mount", ["proc", "/proc", "proc", strict, 0]);
  // No device can be opened but those that are mounted one by one: what a device cgroup does elsewhere.
  const devFlags = MOUNT.NOSUID | MOUNT.STRICTATIME | (spec.privileged ? 0 : MOUNT.NODEV);
  script.call("mount", ["tmpfs", "/dev", "tmpfs", devFlags, "mode=755,size=65536k"]);
  for (const path of ["/dev/pts", "/dev/mqueue", "/dev/shm"]) script.call("mkdirat", [AT_FDCWD, path, 0o755]);
  const group = spec.userNamespace?.singleId ? "" : ",gid=5";
  script.call("mount", [
    "devpts",
    "/dev/pts",
    "devpts",
    MOUNT.NOSUID | MOUNT.NOEXEC,
    `newinstance,ptmxmode=0666,mode=0620${group}`,
  ]);
  script.call("mount", ["mqueue", "/dev/mqueue", "mqueue", strict, 0]);
  script.call("mount", ["shm", "/dev/shm", "tmpfs", strict, "mode=1777,size=65536k"]);
  const sysFlags = spec.privileged ? strict : strict | MOUNT.READONLY;
  if (!hostSys) script.call("mount", ["sysfs", "/sys", "sysfs", sysFlags, 0]);
  else moveTree(script, hostSys, "/sys", MOUNT_ATTR.READONLY | MOUNT_ATTR.NODEV);
}

/** Makes a folder of the root, and fails where the image has something else of that name: a symlink above all. */
function requireFolder(script: ScriptBuilder, path: string): void {
  script.call("mkdirat", [AT_FDCWD, path, 0o755], { onError: "continue" });
  const fd = script.slot();
  script.call("openat", [AT_FDCWD, path, OPEN.PATH | OPEN.DIRECTORY | OPEN.NOFOLLOW | OPEN.CLOEXEC, 0], {
    result: fd,
    purpose: `because ${path} of the image must be a folder`,
  });
  script.call("close", [fd]);
}

/** Makes the usual devices in a fresh /dev, of the trees that were opened for them. */
export function fillDevices(script: ScriptBuilder, devices: readonly Slot[]): void {
  for (const [index, { name }] of DEFAULT_DEVICES.entries()) {
    script.call("mknodat", [AT_FDCWD, `/dev/${name}`, 0o100666, 0]);
    const tree = devices[index];
    if (tree) moveTree(script, tree, `/dev/${name}`, 0);
  }
  for (const [name, pointsTo] of DEVICE_LINKS) script.call("symlinkat", [pointsTo, AT_FDCWD, `/dev/${name}`]);
}

/** Makes kernel interfaces read-only, or covers them. What this kernel does not have needs neither. */
export function hidePaths(
  script: ScriptBuilder,
  { masked, readonly }: { readonly masked: readonly string[]; readonly readonly: readonly string[] },
): void {
  for (const path of readonly) {
    const label = `readonly ${path}`;
    const flags = MOUNT.REMOUNT | MOUNT.BIND | MOUNT.READONLY | MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC;
    script.call("mount", [path, path, 0, MOUNT.BIND | MOUNT.RECURSIVE, 0], { onError: label });
    script.call("mount", [0, path, 0, flags, 0]);
    script.label(label);
  }
  for (const path of masked) {
    // A file disappears under /dev/null, a folder under an empty one.
    script.call("mount", ["/dev/null", path, 0, MOUNT.BIND, 0], { onError: `folder ${path}` });
    script.jump(`masked ${path}`);
    script.label(`folder ${path}`);
    script.call("mount", ["tmpfs", path, "tmpfs", MOUNT.READONLY, "size=0k"], { onError: "continue" });
    script.label(`masked ${path}`);
  }
}

function attach(script: ScriptBuilder, mount: PlannedMount, source: Slot | undefined): void {
  const kind = mount.type === "tmpfs" ? "directory" : mount.type === "content" ? "file" : mount.kind;
  makeMountPoint(script, mount.target, kind);
  if (mount.type === "tmpfs") {
    const size = mount.size === undefined ? "" : `,size=${mount.size}`;
    const options = `mode=${mount.mode.toString(8)}${size}`;
    script.call("mount", ["tmpfs", mount.target, "tmpfs", MOUNT.NOSUID | MOUNT.NODEV, options]);
  } else if (source) {
    const readonly = mount.type === "content" || mount.readonly;
    moveTree(script, source, mount.target, MOUNT_ATTR.NODEV | (readonly ? MOUNT_ATTR.READONLY : 0));
  }
}

/** Makes what is missing of a mount point; `pathsMade` of the caller takes it away again afterwards. */
export function makeMountPoint(script: ScriptBuilder, target: string, kind: "file" | "directory"): void {
  makeFolders(script, kind === "file" ? dirname(target) : target);
  if (kind === "file") script.call("mknodat", [AT_FDCWD, target, 0o100644, 0], { onError: "continue" });
}

/** mkdir -p, following what the image has. */
export function makeFolders(script: ScriptBuilder, path: string): void {
  const parts = path.split("/").filter((part) => part !== "");
  for (let count = 1; count <= parts.length; count++) {
    const folder = `/${parts.slice(0, count).join("/")}`;
    script.call("mkdirat", [AT_FDCWD, folder, 0o755], { onError: "continue" });
  }
}

/** Mounts an opened tree. The attributes hold for everything in it. */
export function moveTree(script: ScriptBuilder, tree: Slot, target: string, attributes: number): void {
  const remount = `remount ${target} ${tree.address.offset}`;
  const done = `mounted ${target} ${tree.address.offset}`;
  if (attributes !== 0) {
    const record = Buffer.alloc(32);
    record.writeBigUInt64LE(BigInt(attributes), 0);
    const flags = AT_EMPTY_PATH | AT_RECURSIVE;
    script.call("mount_setattr", [tree, "", flags, script.data(record), 32], { onError: remount });
  }
  moveMount(script, tree, target);
  script.jump(done);
  // A kernel before 5.12 can set the flags of the topmost mount only, and only where it is mounted. (The attributes have
  // the numbers of the flags.)
  script.label(remount);
  moveMount(script, tree, target);
  script.call("mount", [0, target, 0, MOUNT.REMOUNT | MOUNT.BIND | attributes, 0]);
  script.label(done);
}

function moveMount(script: ScriptBuilder, tree: Slot, target: string): void {
  script.call("move_mount", [tree, "", AT_FDCWD, target, MOVE_MOUNT_FROM_EMPTY_PATH], { purpose: `at ${target}` });
  script.call("close", [tree]);
}
