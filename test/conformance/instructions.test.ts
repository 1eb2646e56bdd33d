import {
  type CopyInstruction,
  type Heredoc,
  type Instruction,
  parseDeviceFlag,
  parseDockerfile,
  parseGitReference,
  parsePorts,
  type RunInstruction,
  type Word,
} from "@tsbuild/parser";
import { expect } from "vitest";
import { describedBy } from "../../packages/parser/src/doc-comment.ts";
import { checkFlags, type FlagType } from "../../packages/parser/src/instructions/check-flags.ts";
import { readFlags } from "../../packages/parser/src/syntax/flags.ts";
import { eachCase } from "./each-case.ts";

/** The one instruction of a text without FROM. */
function onlyInstruction(text: string): Instruction {
  const { dockerfile, diagnostics } = parseDockerfile(`FROM scratch\n${text}`);
  const instruction = dockerfile.stages[0]?.instructions[0];
  if (instruction === undefined) throw new Error(`no instruction: ${JSON.stringify(diagnostics)}`);
  return instruction;
}

interface ErrorCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly error?: string;
  readonly error_contains?: string;
}

eachCase<ErrorCase>("instructions/errors", ({ dockerfile, error, error_contains }) => {
  const [first] = parseDockerfile(dockerfile).diagnostics;
  if (error !== undefined) expect(first?.message).toBe(error);
  expect(first?.message).toContain(error_contains ?? "");
});

interface TypedCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly instruction: string;
  readonly dest?: string;
  readonly sources?: readonly string[];
  readonly inline?: readonly object[];
  readonly shell?: boolean;
  readonly command?: readonly string[];
  readonly files?: readonly object[];
  readonly flagsUsed?: readonly string[];
}

eachCase<TypedCase>("instructions/typed", (input) => {
  const instruction = onlyInstruction(input.dockerfile);
  expect(instruction.keyword.text).toBe(input.instruction);
  if (instruction.kind === "copy" || instruction.kind === "add") checkCopy(instruction, input);
  else if (instruction.kind === "run") checkRun(instruction, input);
  else expect.unreachable();
});

function checkCopy(instruction: CopyInstruction, { dest, sources, inline }: TypedCase): void {
  const isWord = (source: Word | Heredoc): source is Word => "text" in source;
  const heredocs = instruction.sources.filter((source): source is Heredoc => !isWord(source));
  expect(instruction.destination.text).toBe(dest);
  expect(instruction.sources.filter(isWord).map(({ text }) => text)).toEqual(sources);
  expect(heredocs.map(({ name, content, expand }) => ({ path: name, data: content, expand }))).toEqual(inline);
}

function checkRun(
  { command, heredocs, flags }: RunInstruction,
  { shell, command: words, files, flagsUsed }: TypedCase,
): void {
  if (shell !== undefined) expect(command.form === "shell").toBe(shell);
  if (words !== undefined) expect(command.form === "shell" ? [command.text] : command.args).toEqual(words);
  const found = heredocs.map(({ name, rawContent, chomp }) => ({ name, data: rawContent, chomp }));
  if (files !== undefined) expect(found).toEqual(files);
  if (flagsUsed !== undefined) expect([...new Set(flags.map(({ name }) => name))].sort()).toEqual(flagsUsed);
}

interface DocCommentsCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly metaArgs: readonly DocumentedArg[];
  readonly stages: readonly { readonly docComment: string; readonly args: readonly (readonly DocumentedArg[])[] }[];
}

interface DocumentedArg {
  readonly key: string;
  readonly docComment: string;
}

function documentedArgs(instruction: Instruction): DocumentedArg[] {
  if (instruction.kind !== "arg") return [];
  return instruction.pairs.map(({ key }) => {
    return { key: key.text, docComment: describedBy(instruction.comments, key.text) ?? "" };
  });
}

eachCase<DocCommentsCase>("instructions/doc_comments", ({ dockerfile: text, metaArgs, stages }) => {
  const { dockerfile } = parseDockerfile(text);
  expect(dockerfile.globalArgs.flatMap(documentedArgs)).toEqual(metaArgs);
  const found = dockerfile.stages.map(({ name, from, instructions }) => ({
    docComment: describedBy(from.comments, name) ?? "",
    args: instructions.map(documentedArgs),
  }));
  expect(found).toEqual(stages);
});

interface DeviceCase {
  readonly id: string;
  readonly input: string;
  readonly expected?: object;
}

eachCase<DeviceCase>("instructions/device", ({ input, expected }) => {
  if (expected === undefined) expect(parseDeviceFlag(input)).toHaveProperty("error");
  else expect(parseDeviceFlag(input)).toEqual(expected);
});

interface FlagsCase {
  readonly id: string;
  readonly defined: Readonly<Record<string, string | boolean>>;
  readonly args: readonly string[];
  readonly values?: Readonly<Record<string, string | boolean>>;
  readonly used?: readonly string[];
  readonly error?: unknown;
}

function flagsOf(args: readonly string[]) {
  const text = args.join(" ");
  const line = {
    text,
    pieces: [{ at: 0, line: 1, column: 0 }],
    firstLine: 1,
    lastLine: 1,
    lastColumn: text.length,
    comments: [],
    emptyLines: [],
  };
  return readFlags({ line, start: 0, end: text.length }, "\\").flags;
}

eachCase<FlagsCase>("instructions/flags", ({ defined, args, values, used, error }) => {
  const types = Object.entries(defined).map(([name, value]): [string, FlagType] => {
    return [name, typeof value === "boolean" ? "boolean" : "string"];
  });
  const flags = flagsOf(args);
  const check = () => checkFlags(flags, Object.fromEntries(types));
  if (error !== undefined) {
    expect(check).toThrow();
    return;
  }
  const { strings, booleans } = check();
  if (values !== undefined) expect({ ...defined, ...Object.fromEntries([...strings, ...booleans]) }).toEqual(values);
  if (used !== undefined) expect([...strings.keys(), ...booleans.keys()].sort()).toEqual(used);
});

interface HealthcheckCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly ok?: boolean;
  readonly test?: readonly string[];
}

eachCase<HealthcheckCase>("instructions/healthcheck", ({ dockerfile, ok, test }) => {
  const { diagnostics } = parseDockerfile(`FROM scratch\n${dockerfile}`);
  if (ok !== undefined) expect(diagnostics.length === 0).toBe(ok);
  if (test === undefined) return;
  const instruction = onlyInstruction(dockerfile);
  const command = instruction.kind === "healthcheck" ? instruction.command : undefined;
  expect(command?.form === "exec" ? ["CMD", ...command.args] : ["CMD-SHELL", command?.text]).toEqual(test);
});

interface ExposeCase {
  readonly id: string;
  readonly ports: readonly string[];
  readonly expected?: readonly string[];
  readonly error?: string;
}

eachCase<ExposeCase>("instructions/expose", ({ ports, expected, error }) => {
  expect(parsePorts(ports)).toEqual(error === undefined ? expected : { error });
});

interface GitCase {
  readonly id: string;
  readonly ref: string;
  readonly result?: Readonly<Record<string, unknown>> | null;
  readonly error_contains?: string;
}

eachCase<GitCase>("instructions/git_ref", ({ ref, result, error_contains }) => {
  const found = parseGitReference(ref);
  if (error_contains !== undefined) {
    expect(found !== undefined && "error" in found ? found.error : "no error").toContain(error_contains);
  } else if (result === null || found === undefined || "error" in found) expect(found).toEqual(result ?? undefined);
  else expect(withFieldNames(found)).toEqual(result);
});

/** Under the names of the data, empty and false fields left out. */
function withFieldNames(found: object): object {
  const names: Readonly<Record<string, string>> = {
    remote: "Remote",
    shortName: "ShortName",
    ref: "Ref",
    subdir: "SubDir",
    checksum: "Checksum",
    mtime: "MTime",
    keepGitDir: "KeepGitDir",
    submodules: "Submodules",
    fetchByCommit: "FetchByCommit",
    indistinguishableFromLocal: "IndistinguishableFromLocal",
    unencryptedTcp: "UnencryptedTCP",
  };
  const optional = new Set(["keepGitDir", "submodules"]);
  const given = Object.entries(found).filter(([name, value]) => {
    return value !== undefined && (optional.has(name) || (value !== "" && value !== false));
  });
  return Object.fromEntries(given.map(([name, value]) => [names[name] ?? name, value]));
}
