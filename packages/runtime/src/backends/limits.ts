import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ResourceLimits } from "../process.ts";
import { HIERARCHIES, newContainerId, PARENT } from "./cgroup.ts";

/** A cgroup of our own, for one process and all that it starts. */
export interface LimitedCgroup {
  join(pid: number): void;
  /** Tells whether the kernel ended something in it for want of memory. */
  oomKilled(): boolean;
  remove(): void;
  /** Where it is, in each hierarchy. */
  readonly folders: readonly string[];
}

/** Files to write in a folder of a hierarchy, in their order. */
interface Setting {
  readonly folder: string;
  readonly file: string;
  readonly value: string;
  /** Not every kernel has it. */
  readonly optional?: boolean;
}

/** How long the scheduler counts before it lets a group go on, in microseconds. */
const PERIOD_US = 100_000;

/**
 * Makes a cgroup with these limits: in the one hierarchy of version 2 where that is what the machine has, else in those
 * of version 1. `root` is where the hierarchies are mounted.
 * @throws where this user may not, or a controller is absent
 */
export function createLimitedCgroup(limits: ResourceLimits, root: string = HIERARCHIES): LimitedCgroup {
  const id = newContainerId();
  const unified = existsSync(join(root, "cgroup.controllers"));
  const settings = unified ? version2(limits, join(root, PARENT, id)) : version1(limits, root, id);
  const folders = [...new Set(settings.map(({ folder }) => folder))];
  const remove = (): void => {
    for (const folder of folders) removeIfThere(folder);
  };
  try {
    for (const folder of folders) make(folder, unified ? { root, controllers: controllersOf(limits) } : undefined);
    for (const setting of settings) write(setting);
  } catch (error) {
    remove();
    throw error;
  }
  const events = unified ? "memory.events" : "memory.oom_control";
  return {
    join: (pid) => {
      for (const folder of folders) writeFileSync(join(folder, "cgroup.procs"), String(pid));
    },
    oomKilled: () => folders.some((folder) => /^oom_kill [1-9]/m.test(readIfThere(join(folder, events)))),
    remove,
    folders,
  };
}

function version1({ memory, cpus, pids }: ResourceLimits, root: string, id: string): readonly Setting[] {
  const at = (controller: string, file: string, value: number, optional = false): Setting => ({
    folder: join(root, controller, PARENT, id),
    file,
    value: String(value),
    optional,
  });
  return [
    ...(memory === undefined
      ? []
      : [
          at("memory", "memory.limit_in_bytes", memory),
          at("memory", "memory.memsw.limit_in_bytes", memory, true),
          at("memory", "memory.swappiness", 0, true),
        ]),
    ...(cpus === undefined
      ? []
      : [at("cpu", "cpu.cfs_period_us", PERIOD_US), at("cpu", "cpu.cfs_quota_us", Math.round(cpus * PERIOD_US))]),
    ...(pids === undefined ? [] : [at("pids", "pids.max", pids)]),
  ];
}

function version2({ memory, cpus, pids }: ResourceLimits, folder: string): readonly Setting[] {
  const at = (file: string, value: string, optional = false): Setting => ({ folder, file, value, optional });
  return [
    ...(memory === undefined ? [] : [at("memory.max", String(memory)), at("memory.swap.max", "0", true)]),
    ...(cpus === undefined ? [] : [at("cpu.max", `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`)]),
    ...(pids === undefined ? [] : [at("pids.max", String(pids))]),
  ];
}

function controllersOf({ memory, cpus, pids }: ResourceLimits): readonly string[] {
  const wanted = { memory, cpu: cpus, pids };
  return Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

/** In version 2 a folder has only the controllers that those above it pass on. */
function make(
  folder: string,
  unified: { readonly root: string; readonly controllers: readonly string[] } | undefined,
): void {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  if (unified) {
    const text = unified.controllers.map((name) => `+${name}`).join(" ");
    for (const above of [unified.root, parent]) writeFileSync(join(above, "cgroup.subtree_control"), text);
  }
  mkdirSync(folder);
}

function write({ folder, file, value, optional }: Setting): void {
  try {
    writeFileSync(join(folder, file), value, { flag: "r+" });
  } catch (error) {
    if (!optional) throw error;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** What runs in it yet keeps it; the next runtime sweeps it then. */
export function removeIfThere(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Absent, or in use.
  }
}
