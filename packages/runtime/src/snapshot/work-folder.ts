import { mkdirSync, readdirSync } from "node:fs";
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
    if (!isAlive(name)) await trees.run({ type: "remove", path: join(folders.work, name) });
  }
}

/** Removes the short names of layers that are gone. Not while a layer is being placed: its name comes first. */
export async function sweepLinks(folders: SnapshotFolders, trees: TreeHost): Promise<void> {
  for (const name of readdirSync(folders.links)) {
    if (isDanglingLink(folders, name)) await trees.run({ type: "remove", path: join(folders.links, name) });
  }
}
