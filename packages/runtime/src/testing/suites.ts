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

/** Every back end, with what it needs here. */
export const SUITES: readonly Suite[] = (["native", "crun", "runc"] as const).map((backend) => ({
  title: `${backend} as ${who} (needs busybox-static${backend === "native" ? "" : ` and ${backend}`})`,
  options: { backend },
  skip: !hasBusybox || (backend !== "native" && !isInstalled(backend)),
  singleId: uid !== 0 && !hasRange("/etc/subuid"),
}));

function isInstalled(command: string): boolean {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
}

function hasRange(file: string): boolean {
  return existsSync(file) && new RegExp(`^(?:${username}|${uid}):`, "m").test(readFileSync(file, "utf8"));
}
