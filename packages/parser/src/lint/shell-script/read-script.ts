import { readWord } from "./read-word.ts";
import { type ScriptCursor, skipArithmetic, skipBlanks, skipLine, skipLineEnd } from "./script-cursor.ts";
import type { Separator, ShellCommand, ShellWord } from "./shell-command.ts";

/** Deeper than that, what stands in parentheses is not looked at. */
const MAX_DEPTH = 40;
const OPERATOR = /(?:&&|\|\||;;&?|;&|\|&|[;&|()])/y;
const REDIRECTION = /\d*(?:&>>?|<<<|<<-?|<>|<&|<|>>|>&|>\||>)/y;
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
const OPENERS: ReadonlySet<string> = new Set(["if", "while", "until", "{"]);
const CLOSERS: ReadonlySet<string> = new Set(["fi", "done", "}", "esac"]);
const PREFIXES: ReadonlySet<string> = new Set(["then", "else", "elif", "do", "!"]);
const LOOPS: ReadonlySet<string> = new Set(["for", "select"]);

interface Pipeline {
  /** -1 in front of its first word. */
  start: number;
  /** Whether a pipe was read in it. */
  isFed: boolean;
}

/** A list of commands that is being read: a script, or what stands in parentheses. */
interface List {
  readonly cursor: ScriptCursor;
  readonly commands: ShellCommand[];
  readonly parentDepth: number;
  /** if, loops, case and braces that are open, each with the pipeline that it is a part of. */
  readonly open: Pipeline[];
  words: ShellWord[];
  assignments: ShellWord[];
  /** Of the command that is being read; -1 in front of it. */
  start: number;
  end: number;
  before: Separator;
  pipeline: Pipeline;
  /** Words that are no command: of `for x in a b`, of `case x in`, and patterns. */
  skipping: "" | "loop" | "case" | "pattern";
}

/**
 * Splits a POSIX or bash script into its simple commands, in the order of their begin, those of substitutions and groups
 * included. Never throws, takes linear time; of what is no script it makes what it can.
 */
export function readScript(text: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  const cursor: ScriptCursor = { text, at: 0, heredocs: [] };
  while (cursor.at < text.length) readList(newList(cursor, commands, 0));
  return commands.sort((left, right) => left.start - right.start);
}

function newList(cursor: ScriptCursor, commands: ShellCommand[], parentDepth: number, outer?: List): List {
  const pipeline = { start: outer?.pipeline.start ?? -1, isFed: outer?.pipeline.isFed ?? false };
  const before = outer?.before ?? "";
  const draft = { words: [], assignments: [], start: -1, end: -1 };
  return { cursor, commands, parentDepth, open: [], ...draft, before, pipeline, skipping: "" };
}

/** Up to and with the parenthesis that ends the list, or to the end. */
function readList(list: List): void {
  const { cursor } = list;
  while (cursor.at < cursor.text.length) {
    skipBlanks(cursor);
    const char = cursor.text[cursor.at];
    if (char === undefined) break;
    if (char === "\n") {
      endCommand(list, "\n");
      skipLineEnd(cursor);
    } else if (char === "#") skipLine(cursor);
    else if (isInTest(list)) readTestWord(list);
    else if (!readRedirection(list)) {
      const operator = match(OPERATOR, cursor);
      if (operator === undefined) takeWord(list, wordOf(list));
      else if (readOperator(list, operator)) return;
    }
  }
  endCommand(list, "");
}

/** Whether the operator ends the list. */
function readOperator(list: List, operator: string): boolean {
  const { cursor } = list;
  if (operator === "(") readParenthesis(list);
  else if (operator === ")") {
    cursor.at += 1;
    if (list.skipping === "pattern") list.skipping = "";
    else {
      endCommand(list, "");
      return true;
    }
  } else {
    cursor.at += operator.length;
    if (list.skipping === "pattern") return false;
    endCommand(list, separatorOf(operator));
    if (operator.startsWith(";") && operator.length > 1) list.skipping = "pattern";
  }
  return false;
}

function separatorOf(operator: string): Separator {
  if (operator === "|&") return "|";
  return operator.startsWith(";") ? ";" : (operator as Separator);
}

/** A subshell, arithmetic, or the parentheses of a function's definition. */
function readParenthesis(list: List): void {
  const { cursor, commands } = list;
  if (list.skipping === "pattern") {
    cursor.at += 1;
  } else if (list.words.length > 0) {
    cursor.at += 1;
    clear(list);
    skipBlanks(cursor);
    if (cursor.text[cursor.at] === ")") cursor.at += 1;
  } else if (cursor.text[cursor.at + 1] === "(") skipArithmetic(cursor);
  else {
    if (list.pipeline.start < 0) list.pipeline.start = cursor.at;
    cursor.at += 1;
    readNested(list, newList(cursor, commands, depthOf(list) + 1, list));
  }
}

function readNested(list: List, nested: List): void {
  if (nested.parentDepth <= MAX_DEPTH) readList(nested);
  else list.cursor.at = list.cursor.text.length;
}

function wordOf(list: List): ShellWord {
  const { cursor, commands } = list;
  return readWord(cursor, () => readNested(list, newList(cursor, commands, depthOf(list) + 1)));
}

function takeWord(list: List, word: ShellWord): void {
  const isFirst = list.words.length === 0 && list.assignments.length === 0;
  if (list.skipping !== "") skipWord(list, word);
  else if (isFirst && isReserved(list, word.text)) takeReserved(list, word);
  else append(list, list.words.length === 0 && ASSIGNMENT.test(word.text) ? list.assignments : list.words, word);
}

function append(list: List, to: ShellWord[], word: ShellWord): void {
  to.push(word);
  touch(list, word.start, word.end);
}

function touch(list: List, start: number, end: number): void {
  if (list.start < 0) list.start = start;
  list.end = end;
  if (list.pipeline.start < 0) list.pipeline.start = start;
}

function isReserved(list: List, text: string): boolean {
  if (OPENERS.has(text) || PREFIXES.has(text) || LOOPS.has(text) || text === "case") return true;
  return CLOSERS.has(text) && list.open.length > 0;
}

function takeReserved(list: List, { text, start }: ShellWord): void {
  if (list.pipeline.start < 0) list.pipeline.start = start;
  if (CLOSERS.has(text)) close(list);
  else if (!PREFIXES.has(text)) list.open.push({ ...list.pipeline });
  if (LOOPS.has(text)) list.skipping = "loop";
  else if (text === "case") list.skipping = "case";
}

function skipWord(list: List, { text }: ShellWord): void {
  if (list.skipping === "case" && text === "in") list.skipping = "pattern";
  else if (list.skipping === "pattern" && text === "esac") {
    list.skipping = "";
    close(list);
  }
}

function close(list: List): void {
  list.pipeline = list.open.pop() ?? list.pipeline;
}

/** `[[ ... ]]`, in which operators are words. */
function isInTest({ words }: List): boolean {
  return words[0]?.text === "[[" && words.at(-1)?.text !== "]]";
}

function readTestWord(list: List): void {
  const { cursor } = list;
  const start = cursor.at;
  const word = wordOf(list);
  if (word.end === start) cursor.at += match(OPERATOR, cursor)?.length ?? 1;
  const text = cursor.text.slice(start, cursor.at);
  takeWord(list, word.end > start ? word : { text, value: text, isLiteral: true, start, end: cursor.at });
}

/** Takes a redirection with its target; false where none begins here. */
function readRedirection(list: List): boolean {
  const { cursor } = list;
  const start = cursor.at;
  const operator = match(REDIRECTION, cursor);
  if (operator === undefined) return false;
  cursor.at += operator.length;
  if (cursor.text[cursor.at] === "(") {
    cursor.at += 1;
    readNested(list, newList(cursor, list.commands, depthOf(list) + 1));
  } else {
    skipBlanks(cursor);
    const target = wordOf(list);
    const [, dash] = /^\d*<<(-?)$/.exec(operator) ?? [];
    if (dash !== undefined) cursor.heredocs.push({ name: target.value, chomp: dash === "-" });
  }
  if (list.skipping === "") touch(list, start, cursor.at);
  return true;
}

function endCommand(list: List, after: Separator): void {
  const { words, assignments, start, end, before, pipeline } = list;
  if (words.length > 0 || assignments.length > 0) {
    const pipedFrom = pipeline.isFed ? pipeline.start : undefined;
    list.commands.push({ words, assignments, before, after, pipedFrom, depth: depthOf(list), start, end });
  }
  if (list.skipping === "loop") list.skipping = "";
  if (after === "|") list.pipeline.isFed = true;
  // A line feed behind a pipe ends nothing.
  else if (!(after === "\n" && before === "|" && start < 0)) list.pipeline = { start: -1, isFed: false };
  if (start >= 0 || after !== "\n") list.before = after;
  clear(list);
}

function clear(list: List): void {
  list.words = [];
  list.assignments = [];
  list.start = -1;
  list.end = -1;
}

function depthOf({ parentDepth, open }: List): number {
  return parentDepth + open.length;
}

function match(pattern: RegExp, { text, at }: ScriptCursor): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
