import { randomBytes } from "node:crypto";
import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processIdentity } from "../process-identity.ts";

/** Where the hierarchies of cgroups are mounted. */
export const HIERARCHIES: string = "/sys/fs/cgroup";
/** The parent of all cgroups that are made by us, or for us by other runtimes. */
export const PARENT: string = "tsbuild";

/** A name for a container that says which process is answerable for it. */
export function newContainerId(): string {
  return `${processIdentity() ?? process.pid}-${randomBytes(6).toString("hex")}`;
}

/** The path of a container's cgroup, as config.json names it. */
export function cgroupsPath(id: string): string {
  return `/${PARENT}/${id}`;
}

/** Removes the cgroup of a container that is gone: runtimes leave it where they were killed, or saw no hierarchy for it. */
export function removeCgroup(id: string): void {
  for (const parent of parents()) removeQuietly(join(parent, id));
}

/** Removes the cgroups that ended processes left. */
export function sweepCgroups(): void {
  for (const parent of parents()) {
    for (const id of namesIn(parent)) if (/^\d+-\d+-/.test(id) && !isAlive(id)) removeQuietly(join(parent, id));
  }
}

/** In each hierarchy of version 1, and in the one of version 2. */
function parents(): readonly string[] {
  return ["", ...namesIn(HIERARCHIES)].map((name) => join(HIERARCHIES, name, PARENT));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The kernel refuses where something still runs in it. */
function removeQuietly(cgroup: string): void {
  try {
    rmdirSync(cgroup);
  } catch {
    // Absent, or in use.
  }
}
