import type { Range } from "./position.ts";

/** A word or a rest of a line as BuildKit reads it: quotes and `$` are still in it, continuations are joined. */
export interface Word {
  readonly text: string;
  readonly range: Range;
}

/** `--name=value` in front of an instruction's arguments, quotes and escapes of the value already removed. */
export interface Flag {
  readonly name: string;
  /** Undefined for a bare `--name`. */
  readonly value: string | undefined;
  readonly range: Range;
}

/** A here-document: its body stands on the lines below the instruction. */
export interface Heredoc {
  /** The delimiter without quotes: also the file name it gets in COPY and ADD. */
  readonly name: string;
  readonly fileDescriptor: number;
  /** False where any part of the delimiter was quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs of the body are dropped (already done in `content`). */
  readonly chomp: boolean;
  readonly content: string;
  /** The body as it stands in the file, leading tabs included: what a shell gets that reads the here-document itself. */
  readonly rawContent: string;
  /** Of the body, without the delimiter's line. */
  readonly range: Range;
}

/** A key and a value of ENV, LABEL or ARG. */
export interface KeyValue {
  readonly key: Word;
  /** Undefined for `ARG NAME`. */
  readonly value: Word | undefined;
  /** True for the old form `ENV key value with blanks`. */
  readonly legacy: boolean;
}

/** What CMD, ENTRYPOINT and RUN say: one shell text, or an argument list. */
export type CommandLine =
  | { readonly form: "shell"; readonly text: string; readonly range: Range }
  | { readonly form: "exec"; readonly args: readonly string[]; readonly range: Range };

interface InstructionBase<Kind extends string> {
  readonly kind: Kind;
  /** The keyword as written. */
  readonly keyword: Word;
  readonly flags: readonly Flag[];
  /** The instruction with its continuations and here-documents. */
  readonly range: Range;
  /** The logical line, continuations joined, comments dropped, here-document bodies left out: `RUN apt-get update && ...`. */
  readonly source: string;
  /** Comment lines directly above, without `#`. */
  readonly comments: readonly string[];
}

export interface FromInstruction extends InstructionBase<"from"> {
  readonly image: Word;
  readonly stageName: Word | undefined;
  /** The value of `--platform`. */
  readonly platform: string | undefined;
}
export interface ArgInstruction extends InstructionBase<"arg"> {
  readonly pairs: readonly KeyValue[];
}
export interface EnvInstruction extends InstructionBase<"env"> {
  readonly pairs: readonly KeyValue[];
}
export interface LabelInstruction extends InstructionBase<"label"> {
  readonly pairs: readonly KeyValue[];
}
export interface RunInstruction extends InstructionBase<"run"> {
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  /** The values of `--mount`, in order, unparsed. */
  readonly mounts: readonly string[];
  /** The values of `--device`, in order, unparsed. */
  readonly devices: readonly string[];
  readonly network: string | undefined;
  readonly security: string | undefined;
}
export interface CopyInstruction extends InstructionBase<"copy" | "add"> {
  /** Words, in order with the here-documents that stand between them. */
  readonly sources: readonly (Word | Heredoc)[];
  readonly destination: Word;
  readonly from: string | undefined;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean | undefined;
  readonly unpack: boolean | undefined;
}
export interface WorkdirInstruction extends InstructionBase<"workdir"> {
  readonly path: Word;
}
export interface UserInstruction extends InstructionBase<"user"> {
  readonly user: Word;
}
export interface CmdInstruction extends InstructionBase<"cmd" | "entrypoint"> {
  readonly command: CommandLine;
}
export interface HealthcheckInstruction extends InstructionBase<"healthcheck"> {
  /** Undefined for `HEALTHCHECK NONE`. */
  readonly command: CommandLine | undefined;
  /** Nanoseconds; undefined where the flag is not given. */
  readonly interval: number | undefined;
  readonly timeout: number | undefined;
  readonly startPeriod: number | undefined;
  readonly startInterval: number | undefined;
  readonly retries: number | undefined;
}
export interface ExposeInstruction extends InstructionBase<"expose"> {
  readonly ports: readonly Word[];
}
export interface VolumeInstruction extends InstructionBase<"volume"> {
  readonly paths: readonly Word[];
}
export interface StopsignalInstruction extends InstructionBase<"stopsignal"> {
  readonly signal: Word;
}
export interface ShellInstruction extends InstructionBase<"shell"> {
  readonly args: readonly string[];
}
export interface OnbuildInstruction extends InstructionBase<"onbuild"> {
  /** The trigger's own text, here-documents included: what the image config keeps. */
  readonly expression: string;
  /** The trigger, parsed; undefined where it has an error, which counts only when the trigger runs. */
  readonly instruction: Instruction | undefined;
}
export interface MaintainerInstruction extends InstructionBase<"maintainer"> {
  readonly name: Word;
}

/** Narrow it with `instruction.kind`. */
export type Instruction =
  | FromInstruction
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | WorkdirInstruction
  | UserInstruction
  | CmdInstruction
  | HealthcheckInstruction
  | ExposeInstruction
  | VolumeInstruction
  | StopsignalInstruction
  | ShellInstruction
  | OnbuildInstruction
  | MaintainerInstruction;

/** A FROM and what follows it. */
export interface Stage {
  readonly index: number;
  /** Lower-cased, as lookups are. */
  readonly name: string | undefined;
  readonly from: FromInstruction;
  /** Without the FROM. */
  readonly instructions: readonly Exclude<Instruction, FromInstruction>[];
  readonly range: Range;
}

/** `# key=value` at the top of the file. */
export interface Directive {
  readonly name: string;
  readonly value: string;
  readonly range: Range;
}

/** A whole Dockerfile. Instructions with errors are left out of it and stand in the diagnostics. */
export interface Dockerfile {
  readonly directives: readonly Directive[];
  readonly escape: "\\" | "`";
  /** ARGs in front of the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}
