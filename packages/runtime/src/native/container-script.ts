import type { ContainerSpec } from "../spec/container-spec.ts";
import { confine, startLoopback } from "./confine.ts";
import type { NAMESPACE } from "./kernel-flags.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { enterRoot, makeFolders } from "./root-file-system.ts";
import { createScript, type ScriptBuilder } from "./script.ts";
import { startCommand } from "./start-command.ts";
import { supervise, usePipes } from "./supervise.ts";
import { useTerminal } from "./terminal-script.ts";

export interface ContainerScriptOptions {
  readonly arch: LauncherArch;
  /** The seccomp filter; none where undefined. */
  readonly filter: Uint8Array | undefined;
}

/** Compiles a process to the script that starts and supervises it. */
export function containerScript(spec: ContainerSpec, options: ContainerScriptOptions): ScriptBuilder {
  const script = createScript(options.arch);
  const namespaces: (keyof typeof NAMESPACE)[] = ["mount", "pid", "ipc", "uts"];
  if (spec.network === "none") namespaces.push("network");
  supervise(script, { namespaces, userNamespace: spec.userNamespace?.path, pipes: !spec.terminal }, () => {
    if (spec.userNamespace) becomeNamespaceRoot(script);
    script.call("setsid", []);
    script.call("umask", [0o22]);
    enterRoot(script, spec);
    script.call("sethostname", [spec.hostname, Buffer.byteLength(spec.hostname)]);
    if (spec.network === "none") startLoopback(script);
    if (spec.terminal) useTerminal(script, spec.user.uid);
    else usePipes(script);
    makeFolders(script, spec.cwd);
    script.call("chdir", [spec.cwd], { purpose: "to enter the working directory" });
    confine(script, spec, { filter: options.filter });
    startCommand(script, spec);
  });
  return script;
}

/** The one who entered a user namespace may be nobody there. */
export function becomeNamespaceRoot(script: ScriptBuilder): void {
  script.call("setresgid", [0, 0, 0]);
  script.call("setresuid", [0, 0, 0]);
}
