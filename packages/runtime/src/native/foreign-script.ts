import type { ContainerSpec } from "../spec/container-spec.ts";
import { confine, startLoopback } from "./confine.ts";
import { becomeNamespaceRoot } from "./container-script.ts";
import { AT_FDCWD, MOUNT, UMOUNT_DETACH } from "./kernel-flags.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { makeFolders, mountRoot, mountTree, writeContents } from "./root-file-system.ts";
import { createScript, type ScriptBuilder } from "./script.ts";
import { startCommand } from "./start-command.ts";
import { FD, REPORT, report, supervise, usePipes } from "./supervise.ts";
import { takeTerminal } from "./terminal-script.ts";

const HIGH_FD = 40;

export interface ForeignScriptOptions {
  readonly arch: LauncherArch;
  /** The other runtime, with its arguments. */
  readonly command: { readonly args: readonly string[]; readonly env: readonly string[] };
  /** The far end of a terminal of the host. */
  readonly terminal: string | undefined;
  /** It must not see a version 2 hierarchy beside version 1: crun refuses such machines. */
  readonly hideUnifiedCgroup: boolean;
  /** Files that it finds open; the report is then passed on, too. */
  readonly files?: ForeignFiles;
  /** It makes all namespaces itself, because we can not. @default false */
  readonly bare?: boolean;
  /** It finds a network without devices, rather than the machine's. @default false */
  readonly ownNetwork?: boolean;
}

/** Files of the host by the descriptors that a program finds them at. */
export type ForeignFiles = readonly { readonly path: string; readonly fd: number }[];

/**
 * Runs another runtime in mount and process namespaces of its own, with everything mounted that its config names: when
 * it dies, whatever it started and mounted is gone too.
 */
export function foreignScript(spec: ContainerSpec, options: ForeignScriptOptions): ScriptBuilder {
  const script = createScript(options.arch);
  const userNamespace = spec.userNamespace?.path;
  const { bare = false, files = [], ownNetwork = false } = options;
  const namespaces = bare ? [] : (["mount", "pid", ...(ownNetwork ? (["network"] as const) : [])] as const);
  supervise(script, { namespaces, userNamespace, pipes: !spec.terminal, adopt: bare }, () => {
    if (spec.userNamespace) becomeNamespaceRoot(script);
    script.call("setsid", []);
    if (!bare) mountSources(script, spec);
    if (ownNetwork && !bare) {
      startLoopback(script);
      script.call("mount", ["sysfs", "/sys", "sysfs", MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC, 0]);
    }
    if (options.hideUnifiedCgroup) hideUnifiedCgroup(script, userNamespace !== undefined);
    script.call("chdir", ["/"]);
    if (options.terminal === undefined) usePipes(script);
    else takeTerminal(script, options.terminal);
    startCommand(script, options.command, () => {
      if (files.length > 0) passOn(script, files);
    });
  });
  return script;
}

/** Mounts all that the other runtime is to find. */
function mountSources(script: ScriptBuilder, spec: ContainerSpec): void {
  script.call("mount", ["none", "/", 0, MOUNT.RECURSIVE | MOUNT.PRIVATE, 0]);
  script.call("mount", ["proc", "/proc", "proc", MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC, 0]);
  mountRoot(script, spec.root, 0);
  writeContents(script, spec);
  for (const mount of spec.mounts) if (mount.type === "tree") mountTree(script, mount.tree);
}

/** Opens files at their descriptors, to stay open; the report stays open, too. */
function passOn(script: ScriptBuilder, files: ForeignFiles): void {
  script.call("dup3", [FD.report, HIGH_FD, 0]);
  script.call("dup3", [HIGH_FD, FD.report, 0]);
  script.call("close", [HIGH_FD]);
  for (const { path, fd } of files) {
    const opened = script.slot();
    script.call("openat", [AT_FDCWD, path, 0, 0], { result: opened });
    const done = `opened at ${fd}`;
    script.jumpIfEqual(opened, fd, done);
    script.call("dup3", [opened, fd, 0]);
    script.call("close", [opened]);
    script.label(done);
  }
}

/**
 * What the launcher does inside of a container that another program made: all that takes from the process what it may not
 * do, and the command itself.
 */
export function innerScript(
  spec: ContainerSpec,
  {
    arch,
    filter,
    bare,
  }: { readonly arch: LauncherArch; readonly filter: Uint8Array | undefined; readonly bare: boolean },
): ScriptBuilder {
  const script = createScript(arch);
  report(script, REPORT.inside, script.slot());
  script.call("umask", [0o22]);
  makeFolders(script, spec.cwd);
  script.call("chdir", [spec.cwd], { purpose: "to enter the working directory" });
  confine(script, bare ? { ...spec, userNamespace: { path: "", singleId: true } } : spec, { filter });
  startCommand(script, spec);
  return script;
}

/** A user namespace may cover what it cannot unmount. */
function hideUnifiedCgroup(script: ScriptBuilder, cover: boolean): void {
  const path = "/sys/fs/cgroup/unified";
  if (cover) script.call("mount", ["tmpfs", path, "tmpfs", 0, 0], { onError: "continue" });
  else script.call("umount2", [path, UMOUNT_DETACH], { onError: "continue" });
}
