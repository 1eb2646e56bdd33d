import { becomeNamespaceRoot } from "./container-script.ts";
import { NAMESPACE } from "./kernel-flags.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { type AssembledScript, createScript, type ScriptBuilder } from "./script.ts";
import { startCommand } from "./start-command.ts";
import { dieWithParent, FD, supervise, waitForGo } from "./supervise.ts";

/** A process that only holds a user namespace open, until the other end of its descriptor closes. */
export function holdUserNamespace(arch: LauncherArch): ScriptBuilder {
  const script = createScript(arch);
  supervise(script, { namespaces: ["user"], userNamespace: undefined, pipes: false }, () => {
    waitForGo(script, FD.later);
    script.call("exit_group", [0]);
  });
  return script;
}

/** Runs a program of the host as root of a user namespace, on the launcher's own standard streams. */
export function runInUserNamespace(
  arch: LauncherArch,
  namespace: string,
  command: { readonly args: readonly string[]; readonly env: readonly string[] },
): AssembledScript {
  const script = createScript(arch);
  const fd = script.slot();
  dieWithParent(script);
  script.call("openat", [-100, namespace, 0, 0], { result: fd, purpose: "to find the user namespace" });
  script.call("setns", [fd, NAMESPACE.user], { purpose: "to enter the user namespace" });
  becomeNamespaceRoot(script);
  script.call("setgroups", [0, 0], { onError: "continue" });
  dieWithParent(script);
  startCommand(script, command);
  return script.assemble();
}
