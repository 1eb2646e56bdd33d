import type { Writable } from "node:stream";
import { type Bytes, TsbuildError } from "@tsbuild/oci";
import { CommandNotStartedError, decodeWaitStatus } from "../exit-status.ts";
import { containerScript } from "../native/container-script.ts";
import { errnoName } from "../native/errno.ts";
import type { Forker } from "../native/forker.ts";
import { type LaunchEnd, type Launched, launch } from "../native/launch.ts";
import type { AssembledScript, ScriptBuilder } from "../native/script.ts";
import { openTerminal, type Terminal } from "../native/terminal.ts";
import type { ExitStatus } from "../process.ts";
import { defaultFilter } from "../seccomp/default-filter.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";
import type { Backend, BackendProcess, StartOptions } from "./backend.ts";

/** The back end that needs nothing but this package: the launcher does all the kernel has to be asked for. */
export function createNativeBackend(forker: Forker): Backend {
  const { host } = forker;
  const filter = defaultFilter(host.arch);
  return {
    name: "native",
    start: (spec, options) => {
      const script = containerScript(spec, { arch: host.arch, filter: spec.privileged ? undefined : filter });
      return startNative(forker, script, spec, options);
    },
  };
}

function startNative(
  forker: Forker,
  script: ScriptBuilder,
  spec: ContainerSpec,
  { terminal: size, beforeGo }: StartOptions,
): BackendProcess {
  let terminal: Terminal | undefined;
  const launched = launch(forker, script, {
    pipes: !spec.terminal,
    ...(beforeGo ? { beforeGo } : {}),
    ...(size
      ? {
          onTerminal: (child: number) => {
            terminal = openTerminal(forker.host, `/proc/${child}/root/dev/pts/ptmx`, size);
            terminalReady?.(terminal);
          },
        }
      : {}),
  });
  let terminalReady: ((terminal: Terminal | undefined) => void) | undefined;
  const opened = new Promise<Terminal | undefined>((resolve) => {
    terminalReady = resolve;
  });
  const settle = (): void => terminalReady?.(undefined);
  launched.ended.then(settle, settle);
  return {
    stdout: size ? opened.then((found) => found?.output) : launched.pipes.then((pipes) => pipes?.stdout),
    stderr: size ? Promise.resolve(undefined) : launched.pipes.then((pipes) => pipes?.stderr),
    writeInput: async (input) => {
      if (size) return (await opened)?.write(input);
      const stdin = (await launched.pipes)?.stdin;
      if (stdin) await writeAll(stdin, input);
    },
    resize: (columns, rows) => terminal?.resize(columns, rows),
    target: () => launched.child,
    ended: launched.ended.then((end) => conclude(end, launched.script, spec)),
    destroy: () => destroy(launched),
  };
}

/** Ends the first process, with which its whole namespace goes; the launcher tells when all of it is gone. */
export function destroy(launched: Launched): void {
  launched.child
    .then((child) => {
      if (child === undefined) launched.kill();
      else process.kill(child, "SIGKILL");
    })
    .catch(() => launched.kill());
}

/** Writes with back-pressure; a reader that went away is no error. */
export async function writeAll(target: Writable, input: Bytes): Promise<void> {
  let gone = false;
  target.on("error", () => {
    gone = true;
  });
  for await (const chunk of input) {
    if (gone || target.destroyed) return;
    if (!target.write(chunk)) await drained(target);
  }
  target.end();
}

function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off("drain", done);
      target.off("close", done);
      resolve();
    };
    target.on("drain", done);
    target.on("close", done);
  });
}

/** What the end of the launcher means. */
export function conclude(end: LaunchEnd, script: AssembledScript, spec: Pick<ContainerSpec, "args">): ExitStatus {
  if (end.notStarted !== undefined) throw new CommandNotStartedError(spec.args[0] ?? "", { errno: end.notStarted });
  if (end.failure) throw failedCall(script, end.failure);
  if (end.status === undefined) {
    throw new TsbuildError("RUNTIME_FAILED", "the process was ended together with the launcher that started it");
  }
  return decodeWaitStatus(end.status);
}

function failedCall(script: AssembledScript, failure: NonNullable<LaunchEnd["failure"]>): TsbuildError {
  const call = script.callAt(failure.position);
  const purpose = call?.purpose ? ` ${call.purpose}` : "";
  const name = errnoName(failure.errno);
  const message = `the process could not be set up${purpose}: ${call?.text ?? "the launcher"} failed with ${name}`;
  return new TsbuildError("RUNTIME_FAILED", message, { hint: hintFor(name, call?.text ?? "") });
}

function hintFor(errno: string, call: string): string {
  if (errno === "EPERM" && call.startsWith("clone"))
    return "This machine forbids namespaces here: run as root, or outside of a restricted container.";
  if (errno === "EINVAL" && call.startsWith("setres"))
    return "The user namespace has no such id: install uidmap and give this user a range in /etc/subuid and /etc/subgid.";
  if (errno === "ENOTDIR" || errno === "ELOOP")
    return "The image has a file or a symlink where a folder must be; it may be hostile.";
  if (errno === "ENOSPC") return "A file system or a limit of the kernel is full.";
  return "Run `tsbuild doctor` to see what this machine offers.";
}
