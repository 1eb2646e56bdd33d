import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { BackendName, RuntimeOptions } from "../runtime.ts";
import { hasBusybox } from "./busybox.ts";

/** A combination that the contract is held against. */
export interface Suite {
  readonly title: string;
  readonly options: Partial<RuntimeOptions> & { readonly backend: BackendName };
  readonly skip: boolean;
  /** This user is the only one in its namespace. */
  readonly singleId: boolean;
  /** A process has namespaces, a filter and kernel interfaces of its own. */
  readonly contained: boolean;
}

const { uid, username } = userInfo();
const who = uid === 0 ? "root" : "a user";

/** What has to be installed for a back end. */
const PROGRAMS: Readonly<Partial<Record<BackendName, string>>> = {
  crun: "crun",
  runc: "runc",
  bubblewrap: "bwrap",
  proot: "proot",
};

/** Every back end and every snapshotter, with what it needs here. */
export const SUITES: readonly Suite[] = (
  [
    { backend: "native", snapshotter: "overlay" },
    { backend: "native", snapshotter: "copy" },
    { backend: "crun", snapshotter: "overlay" },
    { backend: "runc", snapshotter: "overlay" },
    { backend: "bubblewrap", snapshotter: "overlay" },
    { backend: "chroot", snapshotter: "copy" },
    { backend: "proot", snapshotter: "copy" },
  ] as const
).map((options) => ({
  title: `${options.backend} on ${options.snapshotter} as ${who} (${needs(options.backend)})`,
  options,
  skip: !hasBusybox || !isInstalled(PROGRAMS[options.backend]) || (options.backend === "chroot" && uid !== 0),
  contained: options.backend !== "chroot" && options.backend !== "proot",
  singleId: uid !== 0 && !hasRange("/etc/subuid"),
}));

function needs(backend: BackendName): string {
  if (backend === "chroot") return "needs busybox-static and root";
  const program = PROGRAMS[backend];
  return program === undefined ? "needs busybox-static" : `needs busybox-static and ${program}`;
}

function isInstalled(command: string | undefined): boolean {
  if (command === undefined) return true;
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
}

function hasRange(file: string): boolean {
  return existsSync(file) && new RegExp(`^(?:${username}|${uid}):`, "m").test(readFileSync(file, "utf8"));
}
