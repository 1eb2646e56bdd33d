import type { ContainerSpec } from "../spec/container-spec.ts";
import { becomeNamespaceRoot } from "./container-script.ts";
import { MOUNT, UMOUNT_DETACH } from "./kernel-flags.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { mountRoot, mountTree, writeContents } from "./root-file-system.ts";
import { createScript, type ScriptBuilder } from "./script.ts";
import { startCommand } from "./start-command.ts";
import { supervise, usePipes } from "./supervise.ts";
import { takeTerminal } from "./terminal-script.ts";

export interface ForeignScriptOptions {
  readonly arch: LauncherArch;
  /** The other runtime, with its arguments. */
  readonly command: { readonly args: readonly string[]; readonly env: readonly string[] };
  /** The far end of a terminal of the host. */
  readonly terminal: string | undefined;
  /** It must not see a version 2 hierarchy beside version 1: crun refuses such machines. */
  readonly hideUnifiedCgroup: boolean;
}

/**
 * Runs another runtime in mount and process namespaces of its own, with everything mounted that its config names: when
 * it dies, whatever it started and mounted is gone too.
 */
export function foreignScript(spec: ContainerSpec, options: ForeignScriptOptions): ScriptBuilder {
  const script = createScript(options.arch);
  const userNamespace = spec.userNamespace?.path;
  supervise(script, { namespaces: ["mount", "pid"], userNamespace, pipes: !spec.terminal }, () => {
    if (spec.userNamespace) becomeNamespaceRoot(script);
    script.call("setsid", []);
    script.call("mount", ["none", "/", 0, MOUNT.RECURSIVE | MOUNT.PRIVATE, 0]);
    script.call("mount", ["proc", "/proc", "proc", MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC, 0]);
    mountRoot(script, spec.root, 0);
    writeContents(script, spec);
    for (const mount of spec.mounts) if (mount.type === "tree") mountTree(script, mount.tree);
    if (options.hideUnifiedCgroup) hideUnifiedCgroup(script, userNamespace !== undefined);
    script.call("chdir", ["/"]);
    if (options.terminal === undefined) usePipes(script);
    else takeTerminal(script, options.terminal);
    startCommand(script, options.command);
  });
  return script;
}

/** A user namespace may cover what it cannot unmount. */
function hideUnifiedCgroup(script: ScriptBuilder, cover: boolean): void {
  const path = "/sys/fs/cgroup/unified";
  if (cover) script.call("mount", ["tmpfs", path, "tmpfs", 0, 0], { onError: "continue" });
  else script.call("umount2", [path, UMOUNT_DETACH], { onError: "continue" });
}
