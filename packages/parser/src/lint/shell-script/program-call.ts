import { baseName } from "./posix-shell.ts";
import type { ShellCommand, ShellWord } from "./shell-command.ts";

/** A command as a program that is called, whatever stands in front of it: `sudo -E apt-get -y install a`. */
export interface ProgramCall {
  /** Without folder; `python3 -m pip` and `pip3.12` are `pip`. */
  readonly name: string;
  readonly program: ShellWord;
  readonly args: readonly ShellWord[];
  /** The first argument that is no option and no option's value: `install`. */
  readonly verb: ShellWord | undefined;
  /** The arguments behind the verb that are no options. */
  readonly operands: readonly ShellWord[];
  readonly command: ShellCommand;
}

/** Programs that start another, with their options that take a value. */
const WRAPPERS: Readonly<Record<string, readonly string[]>> = {
  sudo: ["-u", "-g", "-h", "-p", "-C"],
  env: ["-u", "-C", "-S"],
  nice: ["-n"],
  command: [],
  eatmydata: [],
  exec: ["-a"],
  nohup: [],
  time: [],
};
/** Options in front of or behind the verb whose value is the next word. */
const VALUE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  apk: ["-X", "--repository", "-p", "--root", "--arch", "--keys-dir", "--repositories-file", "-t", "--virtual"],
  "apt-get": ["-o", "--option", "-t", "--target-release", "-c", "--config-file"],
  apt: ["-o", "--option", "-t", "--target-release", "-c", "--config-file"],
  dnf: ["-c", "--config", "--setopt", "--enablerepo", "--disablerepo", "--releasever", "--installroot"],
  yum: ["-c", "--config", "--setopt", "--enablerepo", "--disablerepo", "--releasever", "--installroot"],
  npm: ["--prefix", "-C", "--registry", "--cache", "-w", "--workspace", "--loglevel"],
  pip: [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--cache-dir",
    "--proxy",
    "-t",
    "--target",
    "-f",
    "--find-links",
    "--prefix",
    "--root",
    "-e",
    "--editable",
  ],
  yarn: ["--cwd", "--cache-folder", "--registry"],
  zypper: ["--root", "-R"],
};

export function programCalls(commands: readonly ShellCommand[]): ProgramCall[] {
  return commands.flatMap((command) => callOf(command) ?? []);
}

/** Whether one of the arguments is one of these. A bundle of short options holds each: `-qy` is `-q` and `-y`. */
export function hasOption({ args }: ProgramCall, ...options: readonly string[]): boolean {
  return args.some(({ value }) => options.some((option) => isOption(value, option)));
}

function isOption(value: string, option: string): boolean {
  if (value === option || value.startsWith(`${option}=`)) return true;
  const isBundle = /^-[A-Za-z]+$/.test(value);
  return isBundle && option.length === 2 && value.includes(option.slice(1));
}

function callOf(command: ShellCommand): ProgramCall | undefined {
  let words = command.words;
  for (;;) {
    const [program, ...rest] = words;
    if (program === undefined) return undefined;
    const name = baseName(program.value);
    const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
    const inner = wrapper === undefined ? [] : wrapped(rest, wrapper);
    if (inner.length === 0) return describe(command, program, rest);
    words = inner;
  }
}

/** What a wrapper starts: the words behind its options and assignments. */
function wrapped(words: readonly ShellWord[], valueOptions: readonly string[]): readonly ShellWord[] {
  let at = 0;
  for (;;) {
    const value = words[at]?.value ?? "";
    if (valueOptions.includes(value)) at += 2;
    else if (value.startsWith("-") || /^[A-Za-z_]\w*=/.test(value)) at += 1;
    else return words.slice(at);
  }
}

function describe(command: ShellCommand, program: ShellWord, rest: readonly ShellWord[]): ProgramCall {
  const isModule = /^python[\d.]*$/.test(baseName(program.value)) && rest[0]?.value === "-m";
  const name = isModule ? baseName(rest[1]?.value ?? "") : baseName(program.value);
  const args = isModule ? rest.slice(2) : rest;
  const plain = /^pip[\d.]*$/.test(name) ? "pip" : name;
  const [verb, ...operands] = withoutOptions(
    args,
    Object.hasOwn(VALUE_OPTIONS, plain) ? (VALUE_OPTIONS[plain] ?? []) : [],
  );
  return { name: plain, program, args, verb, operands, command };
}

function withoutOptions(args: readonly ShellWord[], valueOptions: readonly string[]): ShellWord[] {
  return args.filter(({ value }, index) => {
    return !value.startsWith("-") && !valueOptions.includes(args[index - 1]?.value ?? "");
  });
}
