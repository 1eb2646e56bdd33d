import { MOUNT } from "../native/kernel-flags.ts";

/** What the options of a mount mean to the kernel. */
export interface MountOptions {
  readonly flags: number;
  readonly bind: boolean;
  readonly recursive: boolean;
  /** What is for the file system itself. */
  readonly data: string;
}

const FLAGS: Readonly<Record<string, number>> = {
  ro: MOUNT.READONLY,
  nosuid: MOUNT.NOSUID,
  nodev: MOUNT.NODEV,
  noexec: MOUNT.NOEXEC,
  strictatime: MOUNT.STRICTATIME,
  noatime: 1024,
  nodiratime: 2048,
  relatime: 1 << 21,
  sync: 16,
};
/** The defaults of the kernel, and how mounts pass on to others, which nobody sees here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  ...["defaults", "rw", "suid", "dev", "exec", "async", "atime", "diratime"],
  ...["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"],
]);

/** Reads the options of a mount in config.json. */
export function readMountOptions(options: readonly string[]): MountOptions {
  const data = options.filter(
    (option) => !(option in FLAGS || WITHOUT_EFFECT.has(option) || option === "bind" || option === "rbind"),
  );
  return {
    flags: options.reduce((sum, option) => sum | (FLAGS[option] ?? 0), 0),
    bind: options.includes("bind") || options.includes("rbind"),
    recursive: options.includes("rbind"),
    data: data.join(","),
  };
}
