import type { Healthcheck } from "@tsbuild/oci";
import {
  type CmdInstruction,
  type CommandLine,
  type HealthcheckInstruction,
  quote,
  type ShellInstruction,
} from "@tsbuild/parser";
import { formatDuration, formatList } from "../go-format.ts";
import { shellWords } from "../shell.ts";
import { commitConfig, type StageDraft } from "../stage-draft.ts";

/** The words of a command: a shell text is handed to the shell that SHELL named last. */
export function commandWords(command: CommandLine, draft: StageDraft): readonly string[] {
  return command.form === "exec" ? command.args : [...shellWords(draft.config, draft.image.os), command.text];
}

/** CMD: also tells that the words need no further quoting on Windows, as Docker does on every system. */
export function applyCmd(instruction: CmdInstruction, draft: StageDraft): void {
  const Cmd = commandWords(instruction.command, draft);
  draft.hasCmd = true;
  commitConfig(draft, `CMD ${formatList(Cmd.map(quote))}`, { Cmd, ArgsEscaped: true });
}

/** ENTRYPOINT: takes away a CMD that is not this stage's own, as that was meant for another program. */
export function applyEntrypoint(instruction: CmdInstruction, draft: StageDraft): void {
  const Entrypoint = commandWords(instruction.command, draft);
  const text = `ENTRYPOINT ${formatList(Entrypoint.map(quote))}`;
  commitConfig(draft, text, draft.hasCmd ? { Entrypoint } : { Entrypoint, Cmd: null });
}

/** SHELL: for the shell forms behind it, and kept in the config for images that start from this one. */
export function applyShell(instruction: ShellInstruction, draft: StageDraft): void {
  commitConfig(draft, `SHELL ${formatList(instruction.args)}`, { Shell: instruction.args });
}

/** HEALTHCHECK: takes the place of an inherited one as a whole, times included. */
export function applyHealthcheck(instruction: HealthcheckInstruction, draft: StageDraft): void {
  const { interval = 0, timeout = 0, startPeriod = 0, startInterval = 0, retries = 0 } = instruction;
  const test = healthTest(instruction.command);
  const times = { Interval: interval, Timeout: timeout, StartPeriod: startPeriod, StartInterval: startInterval };
  const printed = Object.entries(times).map(([name, value]) => `${name}:${formatDuration(value)}`);
  const text = `HEALTHCHECK {Test:${formatList(test)} ${printed.join(" ")} Retries:${retries}}`;
  const given = Object.fromEntries(Object.entries({ ...times, Retries: retries }).filter(([, value]) => value !== 0));
  const Healthcheck: Healthcheck = { Test: test, ...given };
  commitConfig(draft, text, { Healthcheck });
}

function healthTest(command: CommandLine | undefined): readonly string[] {
  if (command === undefined) return ["NONE"];
  return command.form === "exec" ? ["CMD", ...command.args] : ["CMD-SHELL", command.text];
}
