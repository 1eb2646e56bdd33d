import type { Instruction } from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { Problem, replacement } from "../text/problem.ts";
import { didYouMean, suggest } from "../text/suggest.ts";
import { readCommand, readRun, readShell } from "./command-line.ts";
import { readCopy } from "./copy.ts";
import { readFrom } from "./from.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { readArg, readEnv, readLabel } from "./key-values.ts";
import { readExpose, readVolume } from "./lists.ts";
import { readOnbuild } from "./onbuild.ts";
import { readMaintainer, readStopsignal, readUser, readWorkdir } from "./single-value.ts";

const READERS: Readonly<Record<Instruction["kind"], (node: SyntaxNode) => Instruction>> = {
  add: (node) => readCopy("add", node),
  arg: readArg,
  cmd: (node) => readCommand("cmd", node),
  copy: (node) => readCopy("copy", node),
  entrypoint: (node) => readCommand("entrypoint", node),
  env: readEnv,
  expose: readExpose,
  from: readFrom,
  healthcheck: readHealthcheck,
  label: readLabel,
  maintainer: readMaintainer,
  onbuild: (node) => readOnbuild(node, readInstruction),
  run: readRun,
  shell: readShell,
  stopsignal: readStopsignal,
  user: readUser,
  volume: readVolume,
  workdir: readWorkdir,
};

/** The keywords that a Dockerfile may have, in capitals. */
export const INSTRUCTION_NAMES: readonly string[] = Object.keys(READERS).map((kind) => kind.toUpperCase());

/**
 * Checks one instruction's flags and arguments and gives it its type.
 * @throws Problem with what is wrong with it
 */
export function readInstruction(node: SyntaxNode): Instruction {
  const kind = node.keyword.text.toLowerCase();
  if (!isKind(kind)) throw unknownInstruction(node);
  return READERS[kind](node);
}

function isKind(text: string): text is Instruction["kind"] {
  return Object.hasOwn(READERS, text);
}

function unknownInstruction({ keyword, source }: SyntaxNode): Problem {
  const { text, range } = keyword;
  const meant = suggest(text, INSTRUCTION_NAMES, { caseSensitive: false });
  const message = `unknown instruction: ${text}${didYouMean(meant)}`;
  if (meant !== undefined) {
    return new Problem("UNKNOWN_INSTRUCTION", message, range, {
      hint: `write ${meant}`,
      fix: replacement(`Change to ${meant}`, range, meant),
    });
  }
  const looksContinued = /^(&&|\|\||\||;|-)/.test(source);
  return new Problem("UNKNOWN_INSTRUCTION", message, range, {
    hint: looksContinued
      ? "the line above must end in a continuation character"
      : "each line begins with an instruction such as RUN or COPY",
  });
}
