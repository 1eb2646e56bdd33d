import type { Word } from "../ast.ts";
import type { Range } from "../position.ts";
import type { LogicalLine } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { isSpace, skipSpaces, skipSpacesBack } from "../text/go-strings.ts";
import { shellBreaks } from "./shell-breaks.ts";

/** A part of a logical line whose text stays; the blanks between two atoms may be others. */
export interface Atom {
  readonly start: number;
  readonly end: number;
  /** Replaces the text. */
  readonly text?: string;
  /** Written in capitals. */
  readonly isKeyword?: boolean;
  /** What stands in front where the line is not broken there; a blank if it does not say. */
  readonly before?: "" | " ";
  /** A continued line of a shell's text: its indentation is kept in relation to the others. */
  readonly isShell?: boolean;
}

export interface AtomOptions {
  /** Whether commands are read by a shell whose quotes are understood. */
  readonly isPosixShell: boolean;
}

/** Splits an instruction into the parts between which its layout is free. */
export function atomsOf(node: SyntaxNode, line: LogicalLine, options: AtomOptions): Atom[] {
  return withUnnamed(namedAtoms(node, line, options), line);
}

function namedAtoms(node: SyntaxNode, line: LogicalLine, options: AtomOptions): Atom[] {
  const keyword = { ...spanOf(line, node.keyword.range), isKeyword: true };
  const flags = node.flags.map(({ range }) => spanOf(line, range));
  const { child } = node;
  const rest = child === undefined ? argumentAtoms(node, line, options) : namedAtoms(child, line, options);
  return [keyword, ...flags, ...rest];
}

function argumentAtoms(node: SyntaxNode, line: LogicalLine, options: AtomOptions): Atom[] {
  const kind = node.keyword.text.toLowerCase();
  if (node.pairs.length > 0) return pairAtoms(node, line);
  const [first, ...rest] = node.args;
  if (kind === "healthcheck" && first !== undefined) {
    const command = { ...node, args: rest, keyword: { ...node.keyword, text: "cmd" } };
    return [{ ...spanOf(line, first.range), isKeyword: true }, ...argumentAtoms(command, line, options)];
  }
  if (node.json) return jsonAtoms(node.args, line, offsetIn(line, node.argsRange.start) ?? 0);
  if (SHELL_TEXTS.has(kind) && first !== undefined) return shellAtoms(spanOf(line, first.range), line, options);
  return node.args.map(({ range }, index) => ({
    ...spanOf(line, range),
    isKeyword: kind === "from" && index === 1 && node.args.length === 3,
  }));
}

const SHELL_TEXTS: ReadonlySet<string> = new Set(["run", "cmd", "entrypoint"]);

function pairAtoms({ pairs }: SyntaxNode, line: LogicalLine): Atom[] {
  return pairs.flatMap(({ key, value, legacy }) => {
    const name = spanOf(line, key.range);
    const text = value === undefined ? name : spanOf(line, value.range);
    // In the old form the value's own lines keep their blanks: its first line is left to stand like them.
    const isApart = legacy && line.pieces.every(({ at }) => at <= text.start || at >= text.end);
    return isApart ? [name, text] : [{ start: name.start, end: text.end }];
  });
}

function jsonAtoms(args: readonly Word[], line: LogicalLine, argsStart: number): Atom[] {
  const opening = line.text.indexOf("[", argsStart);
  const closing = skipSpacesBack(line.text, 0, line.text.length) - 1;
  const literals = args.map(({ range }, index): Atom => {
    const span = spanOf(line, range);
    const text = line.text.slice(span.start, span.end);
    return { ...span, text: index < args.length - 1 ? `${text},` : text, before: index === 0 ? "" : " " };
  });
  return [{ start: opening, end: opening + 1 }, ...literals, { start: closing, end: closing + 1, before: "" }];
}

/** One atom for each run of lines that belong together. */
function shellAtoms(span: Atom, line: LogicalLine, { isPosixShell }: AtomOptions): Atom[] {
  const text = line.text.slice(span.start, span.end);
  const offsets = line.pieces.map(({ at }) => at - span.start);
  const breaks = isPosixShell ? shellBreaks(text, offsets) : new Set<number>();
  const atoms: Atom[] = [];
  let start = 0;
  for (const at of [...breaks, text.length]) {
    const end = at === text.length ? at : skipBlanksBack(text, start, at);
    if (end > start) atoms.push({ start: span.start + start, end: span.start + end, isShell: true });
    start = at === text.length ? at : skipBlanks(text, at);
  }
  return atoms;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\t") at += 1;
  return at;
}

/** Leaves a blank that is escaped. */
function skipBlanksBack(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && (text[at - 1] === " " || text[at - 1] === "\t")) at -= 1;
  let escapes = 0;
  while (text[at - 1 - escapes] === "\\") escapes += 1;
  return escapes % 2 === 1 ? Math.min(at + 1, end) : at;
}

/** With what the tree has no name for: the `--` that ends flags, flags that are empty quotes, an escape at the very end. */
function withUnnamed(atoms: readonly Atom[], line: LogicalLine): Atom[] {
  const end = skipSpacesBack(line.text, 0, line.text.length);
  const all: Atom[] = [];
  let last = 0;
  for (const atom of [...atoms, { start: end, end }]) {
    if (!("before" in atom)) all.push(...wordsBetween(line.text, last, atom.start));
    if (atom.end > atom.start) all.push(atom);
    last = Math.max(last, atom.end);
  }
  return joinTouching(all);
}

function wordsBetween(text: string, from: number, to: number): Atom[] {
  const words: Atom[] = [];
  let start = skipSpaces(text, from, to);
  while (start < to) {
    let end = start;
    while (end < to && !isSpace(text[end])) end += 1;
    words.push({ start, end });
    start = skipSpaces(text, end, to);
  }
  return words;
}

function joinTouching(atoms: readonly Atom[]): Atom[] {
  const joined: Atom[] = [];
  for (const atom of atoms) {
    const previous = joined.at(-1);
    const touches = previous !== undefined && previous.end === atom.start && atom.before === undefined;
    if (touches) joined[joined.length - 1] = { ...previous, end: atom.end };
    else joined.push(atom);
  }
  return joined;
}

function spanOf(line: LogicalLine, { start, end }: Range): { start: number; end: number } {
  const from = offsetIn(line, start) ?? 0;
  const isEmpty = start.line === end.line && start.column === end.column;
  return {
    start: from,
    end: isEmpty ? from : (offsetIn(line, { line: end.line, column: end.column - 1 }) ?? from) + 1,
  };
}
