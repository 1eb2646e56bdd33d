/** A word of a script, quotes and all. Offsets are those in the script. */
export interface ShellWord {
  /** As written. */
  readonly text: string;
  /** Without quotes and escapes; variables and substitutions stay as they are written. */
  readonly value: string;
  /** Whether `value` is what the program gets: nothing in it is left to the shell, no `$x`, `*` or `~`. */
  readonly isLiteral: boolean;
  readonly start: number;
  readonly end: number;
}

/** What stands between two commands; empty at the begin and the end of a list. */
export type Separator = "" | "&&" | "||" | ";" | "&" | "|" | "\n";

/** One simple command: `A=1 apt-get update > /dev/null`. */
export interface ShellCommand {
  /** The program and its arguments; empty where there are only assignments. */
  readonly words: readonly ShellWord[];
  /** `A=1` in front of the program. */
  readonly assignments: readonly ShellWord[];
  readonly before: Separator;
  readonly after: Separator;
  /** Where a pipe feeds the command: the offset at which the pipeline begins. */
  readonly pipedFrom: number | undefined;
  /** How many of `( )`, `{ }`, `$( )`, if, loops and case stand around it. */
  readonly depth: number;
  readonly start: number;
  /** Behind its last word or redirection. */
  readonly end: number;
}
