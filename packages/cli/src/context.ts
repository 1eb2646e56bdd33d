import type { Command } from "commander";
import type { Interrupts } from "./interrupts.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** What a command gets besides its own arguments. */
export interface Context {
  readonly terminal: Terminal;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly interrupts: Interrupts;
  /** Read when first asked for, so that `help` works with a broken config file. */
  settings(): Settings;
  /** Writes a result line to stdout. */
  print(line: string): void;
  /** Writes a line for people to stderr. */
  note(line: string): void;
  /** Ends the command with this code (0 where it is never called). */
  exit(code: number): void;
}

/** What a file of commands/ exports. */
export interface CommandModule {
  /** Declares arguments and flags and what to do with them. */
  configure(command: Command, context: Context): void;
}

/** A context, and the exit code that was asked of it. */
export function createContext(
  terminal: Terminal,
  interrupts: Interrupts,
): { readonly context: Context; exitCode(): number } {
  let exitCode = 0;
  let settings: Settings | undefined;
  const context: Context = {
    terminal,
    signal: interrupts.signal,
    interrupts,
    settings: () => {
      settings ??= readSettings(terminal);
      return settings;
    },
    print: (line) => void terminal.stdout.write(`${line}\n`),
    note: (line) => void terminal.stderr.write(`${line}\n`),
    exit: (code) => {
      exitCode = code;
    },
  };
  return { context, exitCode: () => exitCode };
}
