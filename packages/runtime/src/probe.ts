import { copyFileSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { Backend } from "./backends/backend.ts";
import { createBubblewrapBackend } from "./backends/bubblewrap.ts";
import { createChrootBackend } from "./backends/chroot.ts";
import { createNativeBackend } from "./backends/native.ts";
import { createOciBackend } from "./backends/oci-runtime.ts";
import { createProotBackend } from "./backends/proot.ts";
import type { Machine } from "./machine.ts";
import type { BackendName, BackendReport, SnapshotterReport } from "./runtime.ts";
import { removeTree } from "./snapshot/remove-tree.ts";
import { createWorkFolder } from "./snapshot/work-folder.ts";
import { DEFAULT_CAPABILITIES } from "./spec/capabilities.ts";
import type { ContainerSpec, RootMount } from "./spec/container-spec.ts";

/** The rungs, best first. */
export const BACKENDS: readonly BackendName[] = ["native", "crun", "runc", "bubblewrap", "chroot", "proot"];
export const SNAPSHOTTERS: readonly SnapshotterReport["name"][] = ["overlay", "copy"];

/** The back end of this name. */
export function createBackend(name: BackendName, { forker, bare, lacks }: Machine): Backend {
  switch (name) {
    case "native":
      return createNativeBackend(forker);
    case "crun":
    case "runc":
      return createOciBackend(name, forker);
    case "bubblewrap":
      return createBubblewrapBackend(forker, { bare: bare !== undefined });
    case "chroot":
      return createChrootBackend(forker);
    case "proot":
      return createProotBackend(forker, { singleId: lacks !== undefined });
  }
}

/** Finds out whether a back end works here by starting something with it. */
export async function probeBackend(
  name: BackendName,
  machine: Machine,
  snapshotter: SnapshotterReport["name"],
): Promise<BackendReport> {
  const failure = await tryBackend(createBackend(name, machine), machine, snapshotter);
  return {
    name,
    available: failure === undefined,
    reason: failure ?? lackOf(name, machine),
    rootless: machine.userNamespace !== undefined || machine.bare !== undefined,
    isolation: isolationOf(name, machine),
  };
}

/** What a rung that works does less well than the first one. */
function lackOf(name: BackendName, { lacks }: Machine): string | undefined {
  if (name === "chroot")
    return "a step is kept from nothing but the files outside of its root: no namespaces, no filter of its own, no /proc";
  if (name === "proot") return "a step is kept from nothing at all; users and owners of files are pretended";
  return lacks === undefined ? undefined : `only one user and group exist in it, because ${lacks}`;
}

function isolationOf(name: BackendName, { userNamespace, bare }: Machine): BackendReport["isolation"] {
  if (name === "proot") return [];
  if (name === "chroot") return ["capabilities"];
  return [
    ...(["mount", "pid", "ipc", "uts", "network", "seccomp", "capabilities"] as const),
    ...(userNamespace || bare !== undefined ? (["user"] as const) : []),
    ...(!userNamespace && (name === "crun" || name === "runc") ? (["cgroup"] as const) : []),
  ];
}

/** Finds out whether trees can be kept in this way here. */
export async function probeSnapshotter(name: SnapshotterReport["name"], machine: Machine): Promise<SnapshotterReport> {
  let reason: string | undefined;
  for (const rung of name === "copy" ? RUNGS_ON_COPIES : RUNGS_ON_MOUNTS) {
    const failure = await tryBackend(createBackend(rung, machine), machine, name);
    if (failure === undefined) return { name, available: true, reason: undefined };
    reason ??= failure;
  }
  return { name, available: false, reason };
}

const RUNGS_ON_MOUNTS: readonly BackendName[] = ["native"];
const RUNGS_ON_COPIES: readonly BackendName[] = ["native", "chroot", "proot"];

/** What the launcher says where nobody has given it a script. */
const NO_SCRIPT_STATUS = 125;

/** Starts the launcher, a static program, in a root of its own. Why that does not work, in one sentence. */
async function tryBackend(
  backend: Backend,
  machine: Machine,
  snapshotter: SnapshotterReport["name"],
): Promise<string | undefined> {
  const folder = createWorkFolder(machine.folders);
  try {
    const spec = probeSpec(machine, makeRoot(machine, folder, snapshotter), folder);
    const { ended, writeInput } = backend.start(spec, { terminal: undefined, folder });
    writeInput((async function* () {})()).catch(() => {});
    const { exitCode } = await ended;
    return exitCode === NO_SCRIPT_STATUS ? undefined : `a trial ended with status ${exitCode}`;
  } catch (error) {
    return TsbuildError.is(error) || error instanceof Error ? error.message : String(error);
  } finally {
    removeTree(folder);
  }
}

function makeRoot(machine: Machine, folder: string, snapshotter: SnapshotterReport["name"]): RootMount {
  const [lower, upper, work, target] = ["lower", "upper", "work", "root"].map((name) => join(folder, name));
  for (const path of [lower, upper, work, target, join(folder, "memory")]) mkdirSync(path as string);
  const program = snapshotter === "overlay" ? lower : target;
  copyFileSync(machine.host.launcher, join(program as string, "launcher"));
  if (snapshotter === "copy") return { folder: target as string };
  const { links } = machine.folders;
  const [upperPath, workPath, lowerPath] = [upper, work, lower].map((path) => relative(links, path as string));
  const options = `upperdir=${upperPath},workdir=${workPath},lowerdir=${lowerPath},userxattr,index=off,volatile`;
  return { workingFolder: links, options, target: target as string };
}

function probeSpec(machine: Machine, root: RootMount, folder: string): ContainerSpec {
  return {
    root,
    args: ["/launcher"],
    env: [],
    cwd: "/",
    user: { uid: 0, gid: 0, additionalGids: [], home: "/" },
    hostname: "probe",
    capabilities: DEFAULT_CAPABILITIES,
    privileged: false,
    network: "host",
    mounts: [],
    terminal: false,
    userNamespace: machine.userNamespace,
    memoryFolder: join(folder, "memory"),
  };
}
