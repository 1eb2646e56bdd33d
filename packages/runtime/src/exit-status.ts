import { constants } from "node:os";
import { TsbuildError } from "@tsbuild/oci";
import { errnoName } from "./native/errno.ts";
import { ERRNO } from "./native/kernel-flags.ts";
import type { ExitStatus } from "./process.ts";

/** A command that could not be started: what a shell would say with status 126 or 127. */
export class CommandNotStartedError extends TsbuildError<"COMMAND_NOT_STARTED"> {
  override readonly name: string = "CommandNotStartedError";
  /** 127: there is no such command; 126: it cannot be executed. */
  readonly exitCode: 126 | 127;

  constructor(command: string, reason: { readonly errno: number } | { readonly text: string }) {
    const { text, hint, exitCode } = "errno" in reason ? explain(reason.errno) : explainText(reason.text);
    super("COMMAND_NOT_STARTED", `cannot start ${JSON.stringify(command)}: ${text}`, { hint });
    this.exitCode = exitCode;
  }
}

const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** The exit status that wait4 wrote. */
export function decodeWaitStatus(status: number): ExitStatus {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : signalStatus(signal);
}

/** The exit status of a process that a signal ended. */
export function signalStatus(signal: number): ExitStatus {
  return { exitCode: 128 + signal, signal: SIGNALS.get(signal) ?? `SIG${signal}` };
}

interface Explanation {
  readonly text: string;
  readonly hint: string;
  readonly exitCode: 126 | 127;
}

function explain(errno: number): Explanation {
  if (errno === ERRNO.ENOENT)
    return {
      text: "not found in the image",
      hint: "Check the spelling and PATH; a script also needs its interpreter, a program its dynamic loader.",
      exitCode: 127,
    };
  if (errno === ERRNO.EACCES)
    return { text: "permission denied", hint: "Is it a file, and executable for the user?", exitCode: 126 };
  if (errno === ERRNO.ENOEXEC)
    return {
      text: "not in a format that can be executed here",
      hint: "A script needs a #! line, a program the machine's architecture.",
      exitCode: 126,
    };
  return { text: errnoName(errno), hint: "The kernel refused to execute it.", exitCode: 126 };
}

/** From the words of another runtime. */
function explainText(text: string): Explanation {
  if (/not found|no such file/i.test(text)) return explain(ERRNO.ENOENT);
  if (/permission denied|is a directory/i.test(text)) return explain(ERRNO.EACCES);
  if (/exec format/i.test(text)) return explain(ERRNO.ENOEXEC);
  return { text, hint: "The runtime could not execute it.", exitCode: 126 };
}
