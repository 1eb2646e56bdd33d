import {
  type CommandLine,
  type CopyInstruction,
  describedBy,
  type Heredoc,
  type Instruction,
  type KeyValue,
  type Mount,
  parseMountFlag,
  type RunInstruction,
  type Stage,
  type Word,
} from "@tsbuild/parser";
import type { GoCommand, GoStage } from "./corpus-files.ts";

/** Our instructions in the fields and names of BuildKit's typed commands. */
export function goCommand(instruction: Instruction): GoCommand {
  return { ...common(instruction), ...fieldsOf(instruction) };
}

export function goStage({ from, name, instructions }: Stage): GoStage {
  return {
    BaseName: from.image.text,
    Commands: instructions.map(goCommand),
    DocComment: describedBy(from.comments, name) ?? "",
    Name: name ?? "",
    OrigCmd: from.keyword.text,
    Platform: from.platform ?? "",
    SourceCode: from.source,
    _lines: linesOf(from),
  };
}

function linesOf({ range }: Instruction): number[] {
  return [range.start.line, range.end.line];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  healthcheck: "HealthCheckCommand",
  stopsignal: "StopSignalCommand",
};

function common(instruction: Instruction): GoCommand {
  const { kind, keyword, source, comments } = instruction;
  const type = TYPE_NAMES[kind] ?? `${kind[0]?.toUpperCase()}${kind.slice(1)}Command`;
  const comment = comments.length === 0 ? {} : { _comments: comments };
  return { _name: keyword.text, _type: type, _code: source, _lines: linesOf(instruction), ...comment };
}

function fieldsOf(instruction: Instruction): GoCommand {
  switch (instruction.kind) {
    case "from":
      return {};
    case "arg":
      return { Args: instruction.pairs.map((pair) => argOf(pair, instruction.comments)) };
    case "env":
      return { Env: instruction.pairs.map(pairOf) };
    case "label":
      return { Labels: instruction.pairs.map(pairOf) };
    case "run":
      return runFields(instruction);
    case "copy":
    case "add":
      return copyFields(instruction);
    case "workdir":
      return { Path: instruction.path.text };
    case "user":
      return { User: instruction.user.text };
    case "cmd":
    case "entrypoint":
      return {
        CmdLine: cmdLine(instruction.command, instruction.kind),
        Files: null,
        PrependShell: instruction.command.form === "shell",
      };
    case "healthcheck":
      return { Health: healthOf(instruction) };
    case "expose":
      return { Ports: instruction.ports.map(({ text }) => text).sort() };
    case "volume":
      return { Volumes: instruction.paths.map(({ text }) => text) };
    case "stopsignal":
      return { Signal: instruction.signal.text };
    case "shell":
      return { Shell: instruction.args };
    case "onbuild":
      return { Expression: instruction.expression };
    case "maintainer":
      return { Maintainer: instruction.name.text };
  }
}

function argOf({ key, value }: KeyValue, comments: readonly string[]): object {
  return { Key: key.text, Value: value?.text ?? null, DocComment: describedBy(comments, key.text) ?? "" };
}

function pairOf({ key, value, legacy }: KeyValue): object {
  return { Key: key.text, Value: value?.text, NoDelim: legacy };
}

function cmdLine(command: CommandLine, kind: string): readonly string[] | null {
  const args = command.form === "exec" ? command.args : command.text === "" ? [] : [command.text];
  return args.length === 0 && kind === "entrypoint" ? null : args;
}

function orNull<Item>(list: readonly Item[]): readonly Item[] | null {
  return list.length === 0 ? null : list;
}

function runFields({ command, heredocs, flags, mounts, network, security }: RunInstruction): GoCommand {
  const files = heredocs.map(({ name, rawContent, chomp }) => ({ Name: name, Data: rawContent, Chomp: chomp }));
  return {
    CmdLine: cmdLine(command, "run"),
    Files: orNull(files),
    FlagsUsed: [...new Set(flags.map(({ name }) => name))].sort(),
    Network: network ?? "default",
    PrependShell: command.form === "shell",
    Security: security ?? "sandbox",
    ...(mounts.length === 0 ? {} : { Mounts: mounts.map(mountOf) }),
  };
}

function mountOf(value: string): object {
  const mount = parseMountFlag(value);
  if ("error" in mount) return mount;
  const { type, from, source, target, readOnly, sizeLimit, id, sharing, required, env, mode, uid, gid }: Mount = mount;
  return {
    Type: type,
    From: from,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    SizeLimit: sizeLimit ?? 0,
    CacheID: id,
    CacheSharing: sharing ?? "",
    Required: required,
    Env: env ?? null,
    Mode: mode ?? null,
    UID: uid ?? null,
    GID: gid ?? null,
  };
}

function copyFields(instruction: CopyInstruction): GoCommand {
  const { sources, destination, chown, chmod, link, exclude } = instruction;
  const isWord = (source: Word | Heredoc): source is Word => "text" in source;
  const heredocs = sources.filter((source): source is Heredoc => !isWord(source));
  const contents = heredocs.map(({ name, content, expand }) => ({ Path: name, Data: content, Expand: expand }));
  const common = {
    Chmod: chmod ?? "",
    Chown: chown ?? "",
    DestPath: destination.text,
    ExcludePatterns: orNull(exclude),
    Link: link,
    SourceContents: orNull(contents),
    SourcePaths: orNull(sources.filter(isWord).map(({ text }) => text)),
  };
  if (instruction.kind === "copy") return { ...common, From: instruction.from ?? "", Parents: instruction.parents };
  const { checksum, keepGitDir, unpack } = instruction;
  return { ...common, Checksum: checksum ?? "", KeepGitDir: keepGitDir ?? null, Unpack: unpack ?? null };
}

function healthOf(instruction: Extract<Instruction, { kind: "healthcheck" }>): object {
  const { command, interval, timeout, startPeriod, startInterval, retries } = instruction;
  const test =
    command === undefined ? ["NONE"] : command.form === "exec" ? ["CMD", ...command.args] : ["CMD-SHELL", command.text];
  return {
    Test: test,
    Interval: interval ?? 0,
    Timeout: timeout ?? 0,
    StartPeriod: startPeriod ?? 0,
    StartInterval: startInterval ?? 0,
    Retries: retries ?? 0,
  };
}
