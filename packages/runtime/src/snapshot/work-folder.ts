import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processIdentity } from "../process-identity.ts";
import { isDanglingLink, type SnapshotFolders } from "./layer-folder.ts";
import type { TreeHost } from "./tree-host.ts";

/** A new folder of this process: its name says whose it is, so that it can be swept when the process is gone. */
export function createWorkFolder(folders: SnapshotFolders): string {
  const owner = processIdentity() ?? `${process.pid}-0`;
  for (;;) {
    const folder = join(folders.work, `${owner}-${process.hrtime.bigint().toString(36)}`);
    try {
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Removes what processes left that are gone. */
export async function sweep(folders: SnapshotFolders, trees: TreeHost): Promise<void> {
  for (const name of readdirSync(folders.work)) {
    if (isAlive(name)) continue;
    const folder = join(folders.work, name);
    killProcessesIn(folder);
    await trees.run({ type: "remove", path: folder });
  }
}

/** What a process without namespaces has in its environment: the folder that it belongs to. */
export const FOLDER_VARIABLE = "PROOT_TMP_DIR";

/** Where there are no namespaces, processes outlive the builder that was killed: their root is still in its folder. */
function killProcessesIn(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (!belongsTo(pid, `${folder}/`)) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended, or is not ours.
    }
  }
}

function belongsTo(pid: string, folder: string): boolean {
  if (["root", "cwd"].some((link) => linkOf(pid, link).startsWith(folder))) return true;
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${FOLDER_VARIABLE}=${folder}`);
  } catch {
    return false;
  }
}

function linkOf(pid: string, link: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${link}`);
  } catch {
    return "";
  }
}

/** Removes the short names of layers that are gone. Not while a layer is being placed: its name comes first. */
export async function sweepLinks(folders: SnapshotFolders, trees: TreeHost): Promise<void> {
  for (const name of readdirSync(folders.links)) {
    if (isDanglingLink(folders, name)) await trees.run({ type: "remove", path: join(folders.links, name) });
  }
}
