import { readFileSync } from "node:fs";
import type { Forker } from "../native/forker.ts";
import { type LaunchEnd, launch } from "../native/launch.ts";
import type { AssembledScript, ScriptBuilder } from "../native/script.ts";
import { openTerminal, type TerminalSize } from "../native/terminal.ts";
import type { ExitStatus } from "../process.ts";
import type { BackendProcess } from "./backend.ts";
import { destroy, writeAll } from "./native.ts";

export interface ForeignOptions {
  /** A terminal of the host, of this size, rather than pipes. */
  readonly terminal: TerminalSize | undefined;
  /** Writes the script; `device` is the far end of the terminal. */
  readonly script: (device: string | undefined) => ScriptBuilder;
  /** What outlives the first process is to be ended: there is no namespace that would go with it. */
  readonly endChildren?: boolean;
  readonly beforeGo?: ((pid: number) => void) | undefined;
  /** The process that signals go to, where it is not the first one: asked for when a signal is sent. */
  readonly findTarget?: (child: number) => number;
  readonly conclude: (end: LaunchEnd, script: AssembledScript) => ExitStatus;
}

/** Starts what is no container of our own making: its terminal, if any, is one of the host. */
export function startForeign(forker: Forker, options: ForeignOptions): BackendProcess {
  const terminal = options.terminal && openTerminal(forker.host, "/dev/ptmx", options.terminal);
  const launched = launch(forker, options.script(terminal?.device), {
    pipes: !terminal,
    endChildren: options.endChildren ?? false,
    ...(options.beforeGo ? { beforeGo: options.beforeGo } : {}),
  });
  const { findTarget = (child: number) => child } = options;
  return {
    stdout: terminal ? Promise.resolve(terminal.output) : launched.pipes.then((pipes) => pipes?.stdout),
    stderr: launched.pipes.then((pipes) => (terminal ? undefined : pipes?.stderr)),
    writeInput: async (input) => {
      if (terminal) return terminal.write(input);
      const stdin = (await launched.pipes)?.stdin;
      if (stdin) await writeAll(stdin, input);
    },
    resize: (columns, rows) => terminal?.resize(columns, rows),
    target: async () => {
      const child = await launched.child;
      return child === undefined ? undefined : findTarget(child);
    },
    ended: launched.ended.then((end) => options.conclude(end, launched.script)),
    destroy: () => destroy(launched),
  };
}

/** The first child of a process; itself where it has none. */
export function firstChild(pid: number): number {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0];
  return child ? Number(child) : pid;
}
