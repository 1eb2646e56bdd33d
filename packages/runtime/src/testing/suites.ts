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
}

const { uid, username } = userInfo();
const who = uid === 0 ? "root" : "a user";

/** Every back end and every snapshotter, with what it needs here. */
export const SUITES: readonly Suite[] = (
  [
    { backend: "native", snapshotter: "overlay" },
    { backend: "native", snapshotter: "copy" },
    { backend: "crun", snapshotter: "overlay" },
    { backend: "runc", snapshotter: "overlay" },
  ] as const
).map((options) => ({
  title: `${options.backend} on ${options.snapshotter} as ${who} (${needs(options.backend)})`,
  options,
  skip: !hasBusybox || (options.backend !== "native" && !isInstalled(options.backend)),
  singleId: uid !== 0 && !hasRange("/etc/subuid"),
}));

function needs(backend: BackendName): string {
  return backend === "native" ? "needs busybox-static" : `needs busybox-static and ${backend}`;
}

function isInstalled(command: string): boolean {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
}

function hasRange(file: string): boolean {
  return existsSync(file) && new RegExp(`^(?:${username}|${uid}):`, "m").test(readFileSync(file, "utf8"));
}
