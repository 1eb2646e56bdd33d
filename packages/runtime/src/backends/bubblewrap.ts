import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ForeignFiles, foreignScript, innerScript } from "../native/foreign-script.ts";
import type { Forker } from "../native/forker.ts";
import { defaultFilter } from "../seccomp/default-filter.ts";
import type { ContainerSpec, PlannedMount } from "../spec/container-spec.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../spec/hidden-paths.ts";
import type { Backend } from "./backend.ts";
import { findProgram, notInstalled } from "./find-program.ts";
import { firstChild, startForeign } from "./foreign-process.ts";
import { conclude } from "./native.ts";
import { requireFolderRoot } from "./requirements.ts";

export interface BubblewrapOptions {
  /** This process can make no namespaces itself: bubblewrap, which a machine may trust more, makes a user namespace. */
  readonly bare: boolean;
}

/** Where the launcher inside finds its script, and where bubblewrap hands it over. */
const LAUNCHER_FD = 9;
const SCRIPT_FD = 3;

/**
 * The back end that lets bubblewrap make the namespaces and mounts. Inside, the launcher does the rest, so that users,
 * capabilities, the filter and what is said of missing commands are as everywhere.
 */
export function createBubblewrapBackend(forker: Forker, { bare }: BubblewrapOptions): Backend {
  const { host } = forker;
  const filter = defaultFilter(host.arch);
  return {
    name: "bubblewrap",
    start: (spec, { terminal, folder, beforeGo }) => {
      const program = findProgram("bwrap");
      if (program === undefined) throw notInstalled("bubblewrap");
      const inner = innerScript(spec, { arch: host.arch, filter: spec.privileged ? undefined : filter, bare });
      const files: ForeignFiles = [
        { path: join(folder, "inner.script"), fd: SCRIPT_FD },
        { path: host.launcher, fd: LAUNCHER_FD },
      ];
      const script = inner.assemble();
      writeFileSync(join(folder, "inner.script"), script.bytes);
      if (bare) writeContentFiles(spec);
      const args = [program, ...bubblewrapArguments(spec, bare), "--", `/proc/self/fd/${LAUNCHER_FD}`];
      return startForeign(forker, {
        terminal,
        beforeGo,
        endChildren: bare,
        // It waits outside of its namespaces for the one process that it started in them.
        findTarget: firstChild,
        script: (device) =>
          foreignScript(spec, {
            arch: host.arch,
            command: { args, env: [] },
            terminal: device,
            hideUnifiedCgroup: false,
            files,
            ownNetwork: spec.network === "none",
            bare,
          }),
        conclude: (end, outer) => conclude(end, end.inside ? script : outer, spec),
      });
    },
  };
}

function bubblewrapArguments(spec: ContainerSpec, bare: boolean): readonly string[] {
  const root = bare
    ? requireFolderRoot("bubblewrap", spec)
    : "folder" in spec.root
      ? spec.root.folder
      : spec.root.target;
  return [
    ...(bare ? ["--unshare-user", "--uid", "0", "--gid", "0"] : []),
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent"],
    ...["--hostname", spec.hostname],
    ...(bare && spec.network === "none" ? ["--unshare-net"] : []),
    ...["--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--mqueue", "/dev/mqueue"],
    ...["--ro-bind", "/sys", "/sys"],
    ...(spec.privileged ? [] : hidingArguments()),
    ...mountArguments(spec),
    ...["--cap-add", "ALL"],
  ];
}

/** What this machine has of the paths that are hidden. */
function hidingArguments(): readonly string[] {
  return [
    ...READONLY_PATHS.flatMap((path) => ["--ro-bind-try", path, path]),
    ...MASKED_PATHS.flatMap((path) => {
      const kind = kindOf(path);
      if (kind === "folder") return ["--tmpfs", path, "--remount-ro", path];
      return kind === "file" ? ["--ro-bind", "/dev/null", path] : [];
    }),
  ];
}

function kindOf(path: string): "file" | "folder" | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && (stats.isDirectory() ? "folder" : "file");
}

function mountArguments({ mounts, memoryFolder }: ContainerSpec): readonly string[] {
  let content = 0;
  return mounts.flatMap((mount) => {
    if (mount.type === "tmpfs") {
      const size = mount.size === undefined ? [] : ["--size", String(mount.size)];
      return ["--perms", mount.mode.toString(8), ...size, "--tmpfs", mount.target];
    }
    const source = mount.type === "content" ? join(memoryFolder, String(content++)) : sourceOf(mount);
    const readonly = mount.type === "content" || mount.readonly;
    return [readonly ? "--ro-bind" : "--bind", source, mount.target];
  });
}

function sourceOf(mount: Extract<PlannedMount, { type: "bind" | "tree" }>): string {
  if (mount.type === "bind") return mount.source;
  return join("folder" in mount.tree ? mount.tree.folder : mount.tree.target, mount.path);
}

/** Without a mount of our own for them. */
function writeContentFiles({ mounts, memoryFolder }: ContainerSpec): void {
  const contents = mounts.filter((mount) => mount.type === "content");
  for (const [index, { content, mode }] of contents.entries()) {
    writeFileSync(join(memoryFolder, String(index)), content, { mode });
  }
}
