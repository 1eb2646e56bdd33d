import type { ContainerSpec } from "../spec/container-spec.ts";
import { confine } from "./confine.ts";
import { becomeNamespaceRoot } from "./container-script.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { makeFolders } from "./root-file-system.ts";
import { createScript, type ScriptBuilder } from "./script.ts";
import { type Command, startCommand } from "./start-command.ts";
import { supervise, usePipes } from "./supervise.ts";
import { takeTerminal } from "./terminal-script.ts";

export interface PlainScriptOptions {
  readonly arch: LauncherArch;
  /** The far end of a terminal of the host. */
  readonly terminal: string | undefined;
  /** The seccomp filter, installed where the kernel lets us. */
  readonly filter: Uint8Array | undefined;
}

const ROOT = { uid: 0, gid: 0, additionalGids: [], home: "/root" };

/** Runs a program of the host that shows a root to what it starts: no namespaces. `confined` leaves it only what
 * `spec` says it may do, as root: the program needs to read what it shows. */
export function plainScript(
  spec: ContainerSpec,
  options: PlainScriptOptions & { readonly command: Command; readonly confined: boolean },
): ScriptBuilder {
  return withoutNamespaces(spec, options, (script) => {
    if (options.confined) confine(script, { ...spec, user: ROOT }, { filter: undefined, lenient: true });
    startCommand(script, options.command);
  });
}

/** Runs a process in a changed root, and nothing else that would contain it. */
export function chrootScript(spec: ContainerSpec, root: string, options: PlainScriptOptions): ScriptBuilder {
  return withoutNamespaces(spec, options, (script) => {
    script.call("chdir", [root]);
    script.call("chroot", ["."], { purpose: "to change the root" });
    script.call("chdir", ["/"]);
    makeFolders(script, spec.cwd);
    script.call("chdir", [spec.cwd], { purpose: "to enter the working directory" });
    confine(script, spec, { filter: options.filter, lenient: true });
    startCommand(script, spec);
  });
}

function withoutNamespaces(
  spec: ContainerSpec,
  { arch, terminal }: PlainScriptOptions,
  start: (script: ScriptBuilder) => void,
): ScriptBuilder {
  const script = createScript(arch);
  const userNamespace = spec.userNamespace?.path;
  supervise(script, { namespaces: [], userNamespace, pipes: terminal === undefined, adopt: true }, () => {
    if (spec.userNamespace) becomeNamespaceRoot(script);
    script.call("setsid", []);
    script.call("umask", [0o22]);
    if (terminal === undefined) usePipes(script);
    else takeTerminal(script, terminal);
    start(script);
  });
  return script;
}
