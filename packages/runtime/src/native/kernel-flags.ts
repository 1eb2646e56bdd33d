import { constants } from "node:fs";

/** "Relative to the working directory", in calls that end in `at`. */
export const AT_FDCWD: number = -100;
export const AT_EMPTY_PATH: number = 0x1000;
export const AT_RECURSIVE: number = 0x8000;

/** openat(2), openat2(2), open_tree(2). The flags that differ between machines come from node:fs. */
export const OPEN: Readonly<
  Record<"WRITE" | "READ_WRITE" | "CREATE" | "EXCLUSIVE" | "CLOEXEC" | "PATH" | "DIRECTORY" | "NOFOLLOW", number>
> = {
  WRITE: 0o1,
  READ_WRITE: 0o2,
  CREATE: 0o100,
  EXCLUSIVE: 0o200,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
  DIRECTORY: constants.O_DIRECTORY,
  NOFOLLOW: constants.O_NOFOLLOW,
};
export const OPEN_TREE_CLONE: number = 1;
export const MOVE_MOUNT_FROM_EMPTY_PATH: number = 4;
export const RESOLVE_IN_ROOT: number = 0x10;
export const MOUNT_ATTR: Readonly<Record<"READONLY" | "NOSUID" | "NODEV", number>> = {
  READONLY: 1,
  NOSUID: 2,
  NODEV: 4,
};

/** mount(2). */
export const MOUNT: Readonly<
  Record<
    "READONLY" | "NOSUID" | "NODEV" | "NOEXEC" | "REMOUNT" | "BIND" | "RECURSIVE" | "PRIVATE" | "SLAVE" | "STRICTATIME",
    number
  >
> = {
  READONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  RECURSIVE: 16384,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  STRICTATIME: 1 << 24,
};
export const UMOUNT_DETACH: number = 2;

/** clone(2) and setns(2). */
export const NAMESPACE: Readonly<Record<"mount" | "uts" | "ipc" | "user" | "pid" | "network", number>> = {
  mount: 0x20000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
};

/** prctl(2). */
export const PRCTL: Readonly<Record<"PDEATHSIG" | "CAPBSET_DROP" | "SET_CHILD_SUBREAPER", number>> = {
  PDEATHSIG: 1,
  CAPBSET_DROP: 24,
  SET_CHILD_SUBREAPER: 36,
};

export const SIGCHLD: number = 17;
export const SIGKILL: number = 9;

/** errno(3), as far as scripts and messages look at them. */
export const ERRNO: Readonly<
  Record<"EPERM" | "ENOENT" | "EINTR" | "ENOEXEC" | "EACCES" | "ENOTDIR" | "ERANGE", number>
> = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  ENOEXEC: 8,
  EACCES: 13,
  ENOTDIR: 20,
  ERANGE: 34,
};

/** Types of file in a mode. */
export const FILE_TYPE: Readonly<Record<"fifo" | "char" | "block", number>> = {
  fifo: 0o010000,
  char: 0o020000,
  block: 0o060000,
};
