import { join } from "node:path/posix";
import { type Layer, TsbuildError } from "@tsbuild/oci";
import { bindSource } from "./bind-source.ts";
import { DEFAULT_HOSTNAME, writeInjectedFiles } from "./injected-files.ts";
import { DEFAULT_PATH } from "./native/start-command.ts";
import type { Mount, ProcessSpec } from "./process.ts";
import type { MergedView } from "./snapshot/merged-view.ts";
import { childPath, layerPath } from "./snapshot/names.ts";
import type { Stub } from "./snapshot/tree-job.ts";
import { CAPABILITIES, DEFAULT_CAPABILITIES } from "./spec/capabilities.ts";
import type {
  ContainerSpec,
  MountPointKind,
  PlannedMount,
  ResolvedUser,
  RootMount,
  UserNamespace,
} from "./spec/container-spec.ts";
import { resolveUser } from "./spec/resolve-user.ts";

/** What of a chain of layers is to be mounted: a tree with its view. */
export interface LayersSource {
  readonly root: RootMount;
  readonly view: MergedView;
}

export interface PlanContext {
  readonly root: RootMount;
  /** What the root shows now. */
  readonly view: MergedView;
  /** A folder of ours for the files of this process. */
  readonly folder: string;
  readonly userNamespace: UserNamespace | undefined;
  /** No process can be another user than root. */
  readonly singleId: boolean;
  /** Makes a chain of layers ready to be mounted. */
  readonly openLayers: (layers: readonly Layer[], options: { readonly writable: boolean }) => Promise<LayersSource>;
}

export interface ProcessPlan {
  readonly spec: ContainerSpec;
  /** Mount points that the root does not have yet. */
  readonly stubs: readonly Stub[];
}

/**
 * Resolves everything about a process: who it is, what it sees.
 * @throws TsbuildError USER_UNKNOWN, USER_UNAVAILABLE, MOUNT_INVALID, NOT_FOUND, HOST_INVALID
 */
export async function planProcess(process: ProcessSpec, context: PlanContext): Promise<ProcessPlan> {
  if (process.args.length === 0) throw new TsbuildError("COMMAND_INVALID", "no command was given");
  for (const path of KERNEL_FOLDERS) requireFolder(context.view, path);
  const user = resolveUser((path) => context.view.readFile(layerPath(path)), process.user ?? "");
  requireIds(user, context);
  const mounts = await Promise.all(
    [...injected(process, context.folder), ...(process.mounts ?? [])].map((mount) => planMount(mount, context)),
  );
  const spec: ContainerSpec = {
    root: context.root,
    args: process.args,
    env: environment(process, user),
    cwd: join("/", process.cwd ?? "/"),
    user,
    hostname: process.hostname ?? DEFAULT_HOSTNAME,
    capabilities: process.privileged ? CAPABILITIES : DEFAULT_CAPABILITIES,
    privileged: process.privileged ?? false,
    network: process.network === "none" ? "none" : "host",
    mounts,
    terminal: process.terminal !== undefined,
    userNamespace: context.userNamespace,
    memoryFolder: join(context.folder, "memory"),
  };
  return { spec, stubs: missingMountPoints(mounts, context.view) };
}

/** What the kernel's own file systems are mounted on. */
const KERNEL_FOLDERS = ["proc", "dev", "sys"];

/** Other runtimes follow a symlink here, some of them out of the root. */
function requireFolder(view: MergedView, path: string): void {
  const found = view.lstat(path)?.stats;
  if (!found || found.isDirectory()) return;
  throw new TsbuildError("RUNTIME_FAILED", `/${path} of the image must be a folder, and is something else`, {
    hint: "The image may be hostile. Nothing was started.",
  });
}

/** Where there is only one user, there is no other to become. */
function requireIds({ uid, gid }: ResolvedUser, { singleId }: PlanContext): void {
  if (!singleId || (uid === 0 && gid === 0)) return;
  throw new TsbuildError("USER_UNAVAILABLE", `user ${uid}, group ${gid} cannot be become: only root exists here`, {
    hint: "Install uidmap and give this user a range in /etc/subuid and /etc/subgid, or build as root.",
  });
}

/** Our own files, unless the caller mounts something in their place. */
function injected(process: ProcessSpec, folder: string): readonly Mount[] {
  const taken = new Set(process.mounts?.map(({ target }) => join("/", target)));
  return writeInjectedFiles(join(folder, "etc"), process)
    .filter(({ target }) => !taken.has(target))
    .map(({ target, source }) => ({ type: "bind", source, target }));
}

function environment({ env = [] }: ProcessSpec, user: ResolvedUser): readonly string[] {
  const has = (name: string): boolean => env.some((entry) => entry.startsWith(`${name}=`));
  return [...(has("PATH") ? [] : [`PATH=${DEFAULT_PATH}`]), ...env, ...(has("HOME") ? [] : [`HOME=${user.home}`])];
}

async function planMount(mount: Mount, context: PlanContext): Promise<PlannedMount> {
  const target = `/${context.view.resolve(layerPath(mount.target))}`;
  if (target === "/") throw new TsbuildError("MOUNT_INVALID", `nothing can be mounted on / (${mount.type})`);
  switch (mount.type) {
    case "bind":
      return { ...bindSource(mount.source), type: "bind", target, readonly: mount.readonly ?? false };
    case "tmpfs":
      return { type: "tmpfs", target, size: mount.size, mode: mount.mode ?? 0o1777 };
    case "content": {
      const { content, mode = 0o400, uid = 0, gid = 0 } = mount;
      return { type: "content", content, target, mode, uid, gid };
    }
    case "layers": {
      const readonly = mount.readonly ?? false;
      const { root: tree, view } = await context.openLayers(mount.layers, { writable: !readonly });
      const path = view.resolve(layerPath(mount.path));
      const found = view.lstat(path)?.stats;
      if (!found) throw new TsbuildError("NOT_FOUND", `/${path} is not in the layers to be mounted at ${mount.target}`);
      return { type: "tree", tree, path, target, readonly, kind: kindOf(found) };
    }
  }
}

function kindOf(stats: { isDirectory(): boolean }): MountPointKind {
  return stats.isDirectory() ? "directory" : "file";
}

/** The paths that have to be made so that everything can be mounted, deepest last. */
function missingMountPoints(mounts: readonly PlannedMount[], view: MergedView): readonly Stub[] {
  const kernel = KERNEL_FOLDERS.map((target) => ({ target, kind: "directory" as const }));
  const targets = mounts.map((mount) => {
    const kind = mount.type === "tmpfs" ? "directory" : mount.type === "content" ? "file" : mount.kind;
    return { target: mount.target, kind };
  });
  const stubs = new Map<string, Stub>();
  for (const { target, kind } of [...kernel, ...targets]) {
    let path = "";
    const parts = layerPath(target).split("/");
    for (const [index, part] of parts.entries()) {
      path = childPath(path, part);
      const own = index === parts.length - 1 ? kind : "directory";
      if (!stubs.has(path) && !view.lstat(path)) stubs.set(path, { path, kind: own });
    }
  }
  return [...stubs.values()];
}
