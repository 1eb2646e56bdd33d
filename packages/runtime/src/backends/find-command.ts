import { lstatSync } from "node:fs";
import { join } from "node:path/posix";
import { CommandNotStartedError } from "../exit-status.ts";
import { ERRNO } from "../native/kernel-flags.ts";
import { candidates } from "../native/start-command.ts";
import { folderView } from "../snapshot/merged-view.ts";
import { layerPath } from "../snapshot/names.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";

/** What a name in a root stands for. */
interface Visible {
  readonly root: string;
  /** Targets of mounts: what is in them is taken on trust. */
  readonly mounted: readonly string[];
}

/**
 * Refuses a command that is not there or cannot be executed, for programs that would say so in their own words only.
 * @throws CommandNotStartedError
 */
export function requireCommand(spec: ContainerSpec, root: string): void {
  const visible = { root, mounted: spec.mounts.map(({ target }) => target) };
  const command = spec.args[0] ?? "";
  const found = candidates(spec).map((candidate) => lookUp(visible, join(spec.cwd, candidate), candidate));
  if (found.includes("executable")) return;
  throw new CommandNotStartedError(command, { errno: found.includes("other") ? ERRNO.EACCES : ERRNO.ENOENT });
}

function lookUp({ root, mounted }: Visible, relative: string, candidate: string): "executable" | "other" | undefined {
  const path = candidate.startsWith("/") ? candidate : relative;
  if (mounted.some((target) => path.startsWith(`${target}/`))) return "executable";
  const stats = lstatSync(join(root, folderView(root).resolve(layerPath(path))), { throwIfNoEntry: false });
  if (!stats) return undefined;
  return stats.isFile() && (stats.mode & 0o111) !== 0 ? "executable" : "other";
}
