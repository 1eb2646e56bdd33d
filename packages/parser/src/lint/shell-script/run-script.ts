import type { Instruction, RunInstruction, Stage } from "../../ast.ts";
import type { Range } from "../../position.ts";
import { rangeOf } from "../../syntax/logical-line.ts";
import type { SyntaxNode } from "../../syntax/syntax-node.ts";
import { lastAtOrBefore } from "../../text/last-at-or-before.ts";
import { baseName, isPosixShell, setsPipefail } from "./posix-shell.ts";
import { type ProgramCall, programCalls } from "./program-call.ts";
import { readScript } from "./read-script.ts";
import type { ShellCommand, ShellWord } from "./shell-command.ts";

/** A part of a script, by offsets. */
export interface ScriptPart {
  readonly start: number;
  readonly end: number;
}

/** The commands of a RUN (also of one behind ONBUILD), as far as a POSIX shell reads them. */
export interface RunScript {
  readonly instruction: RunInstruction;
  readonly stage: Stage;
  /** Of the instruction itself, or of the ONBUILD in front of it. */
  readonly comments: readonly string[];
  readonly commands: readonly ShellCommand[];
  /** The commands that call a program. */
  readonly calls: readonly ProgramCall[];
  readonly text: string;
  /** Whether the shell that the stage has set runs with `pipefail`. */
  readonly hasPipefail: boolean;
  /** Whether words stand in the file as they stand in the script: not so in `["sh", "-c", "..."]`. */
  readonly isEditable: boolean;
  rangeOf(part: ScriptPart): Range;
}

/** A shell, as SHELL sets it. */
export interface StageShell {
  /** Whether it reads POSIX scripts. */
  readonly isPosix: boolean;
  readonly hasPipefail: boolean;
}

/** A RUN and where it stands. */
export interface PlacedRun {
  readonly instruction: RunInstruction;
  readonly node: SyntaxNode;
  readonly stage: Stage;
  readonly comments: readonly string[];
  readonly shell: StageShell;
}

type Source = Pick<RunScript, "text" | "commands" | "isEditable" | "rangeOf" | "hasPipefail">;

const NONE: ShellCommand = {
  words: [],
  assignments: [],
  before: "",
  after: "",
  pipedFrom: undefined,
  depth: 0,
  start: 0,
  end: 0,
};
/** A word that opens a here-document, alone or behind the name of a shell: then the body is the script. */
const HEREDOC_SCRIPT = /^(?:(?:\S*\/)?(?:sh|bash|ash|dash|ksh|zsh)(?: -[a-zA-Z]+)* +)?\d*<<-?\s*["']?[\w.-]+["']?$/;

export function readRunScript(run: PlacedRun): RunScript {
  const { instruction, stage, comments, shell } = run;
  const source = sourceOf(run, shell);
  return { instruction, stage, comments, calls: programCalls(source.commands), ...source };
}

function sourceOf(run: PlacedRun, shell: StageShell): Source {
  const { instruction, node } = run;
  const { command, heredocs } = instruction;
  if (command.form === "exec") return execSource(node, command.args);
  const [heredoc] = heredocs;
  if (heredoc !== undefined && HEREDOC_SCRIPT.test(command.text)) return heredocSource(heredoc, command.text, shell);
  const { line, start: base } = node.argsSpan;
  const commands = shell.isPosix ? readScript(command.text) : [];
  const range = ({ start, end }: ScriptPart) => rangeOf(line, base + start, base + end);
  return { text: command.text, commands, isEditable: true, rangeOf: range, hasPipefail: shell.hasPipefail };
}

function heredocSource(
  { rawContent, range }: RunInstruction["heredocs"][number],
  commandText: string,
  shell: StageShell,
): Source {
  const named = /^[^<\s]+/.exec(commandText)?.[0];
  const words = (/^#!\s*(.*)/.exec(rawContent)?.[1] ?? named ?? "").split(/\s+/).map(baseName);
  const interpreter = words[0] === "env" ? (words[1] ?? "") : (words[0] ?? "");
  const isPosix = interpreter === "" ? shell.isPosix : isPosixShell(interpreter);
  return {
    text: rawContent,
    commands: isPosix ? readScript(rawContent) : [],
    isEditable: true,
    rangeOf: lineRanges(rawContent, range.start.line),
    hasPipefail: interpreter === "" ? shell.hasPipefail : setsPipefail(commandText.split(/\s+/)),
  };
}

/** Ranges in text that stands in the file line by line, from its first line on. */
function lineRanges(text: string, firstLine: number): RunScript["rangeOf"] {
  const starts = [0];
  for (let feed = text.indexOf("\n"); feed >= 0; feed = text.indexOf("\n", feed + 1)) starts.push(feed + 1);
  const positionOf = (offset: number) => {
    const index = lastAtOrBefore(starts, offset);
    return { line: firstLine + index, column: offset - (starts[index] ?? 0) };
  };
  return ({ start, end }) => ({ start: positionOf(start), end: positionOf(end) });
}

/** Of `["sh", "-c", script]` the script, else the arguments as one command. */
function execSource({ args: words, argsRange }: SyntaxNode, args: readonly string[]): Source {
  const [program = "", ...rest] = args;
  const flag = rest.findIndex((arg) => /^-\w*c$/.test(arg));
  const script = rest[flag + 1];
  if (isPosixShell(program) && flag >= 0 && script !== undefined) {
    const range = words[flag + 2]?.range ?? argsRange;
    const hasPipefail = setsPipefail(rest.slice(0, flag + 1));
    return { text: script, commands: readScript(script), isEditable: false, rangeOf: () => range, hasPipefail };
  }
  const command = { ...NONE, words: args.map((value, index) => execWord(value, index)), end: args.length };
  const range = ({ start, end }: ScriptPart) => ({
    start: words[start]?.range.start ?? argsRange.start,
    end: words[end - 1]?.range.end ?? argsRange.end,
  });
  return { text: "", commands: [command], isEditable: false, rangeOf: range, hasPipefail: true };
}

function execWord(value: string, index: number): ShellWord {
  return { text: value, value, isLiteral: true, start: index, end: index + 1 };
}

/** The RUN that an instruction is or triggers. */
export function runOf(instruction: Instruction): RunInstruction | undefined {
  if (instruction.kind === "run") return instruction;
  return instruction.kind === "onbuild" && instruction.instruction?.kind === "run"
    ? instruction.instruction
    : undefined;
}
