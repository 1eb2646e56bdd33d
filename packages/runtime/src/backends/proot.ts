import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { Forker } from "../native/forker.ts";
import { plainScript } from "../native/plain-script.ts";
import { folderView } from "../snapshot/merged-view.ts";
import { layerPath } from "../snapshot/names.ts";
import { FOLDER_VARIABLE } from "../snapshot/work-folder.ts";
import type { ContainerSpec, PlannedMount } from "../spec/container-spec.ts";
import type { Backend } from "./backend.ts";
import { requireCommand } from "./find-command.ts";
import { findProgram, notInstalled } from "./find-program.ts";
import { firstChild, startForeign } from "./foreign-process.ts";
import { conclude } from "./native.ts";
import { placeMountPoints, restoring } from "./place-mounts.ts";
import { requireFolderRoot, requireHostNetwork } from "./requirements.ts";

export interface ProotOptions {
  /** Only one user exists: even root is pretended. */
  readonly singleId: boolean;
}

/**
 * The back end that shows a root by following every system call of a process (ptrace): it needs no privilege at all, and
 * contains nothing.
 */
export function createProotBackend(forker: Forker, { singleId }: ProotOptions): Backend {
  return {
    name: "proot",
    pretendsUsers: true,
    start: (spec, { terminal, folder, beforeGo }) => {
      const root = requireFolderRoot("proot", spec);
      requireHostNetwork("proot", spec);
      const program = findProgram("proot");
      if (program === undefined) throw notInstalled("proot");
      const placed = placeMountPoints(root, spec);
      const args = [program, ...prootArguments(spec, { root, singleId }), ...spec.args];
      const env = [...spec.env, `${FOLDER_VARIABLE}=${folder}`];
      return restoring(placed, () => {
        mkdirSync(join(root, folderView(root).resolve(layerPath(spec.cwd))), { recursive: true });
        requireCommand(spec, root);
        return startForeign(forker, {
          terminal,
          beforeGo,
          endChildren: true,
          findTarget: firstChild,
          script: (device) =>
            plainScript(spec, {
              arch: forker.host.arch,
              terminal: device,
              filter: undefined,
              command: { args, env },
              confined: !singleId,
            }),
          conclude: (end, script) => conclude(end, script, spec),
        });
      });
    },
  };
}

/** What every root shows of the machine. */
const MACHINE_FOLDERS = ["/proc", "/sys", "/dev"];

function prootArguments(spec: ContainerSpec, { root, singleId }: ProotOptions & { readonly root: string }): string[] {
  const { uid, gid } = spec.user;
  const identity = singleId || uid !== 0 || gid !== 0 ? ["-i", `${uid}:${gid}`] : [];
  const binds = [...MACHINE_FOLDERS.map((path) => [path, path]), ...bindings(spec)];
  const bindArguments = binds.flatMap(([source, target]) => ["-b", `${source}:${target}`]);
  return [...identity, "-r", root, ...bindArguments, "-w", spec.cwd];
}

/** Where the source of each mount is: what it has none for is made in the folder for memory. */
function bindings({ mounts, memoryFolder }: ContainerSpec): readonly (readonly [string, string])[] {
  return mounts.map((mount, index) => [sourceOf(mount, join(memoryFolder, String(index))), mount.target]);
}

function sourceOf(mount: PlannedMount, own: string): string {
  if (mount.type === "bind") return mount.source;
  if (mount.type === "tree") return "folder" in mount.tree ? join(mount.tree.folder, mount.path) : noFolder();
  if (mount.type === "tmpfs") mkdirSync(own, { mode: mount.mode });
  else writeFileSync(own, mount.content, { mode: mount.mode });
  return own;
}

function noFolder(): never {
  throw new TsbuildError("MOUNT_INVALID", "layers can be mounted here only from the copy snapshotter");
}
