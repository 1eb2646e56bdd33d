import type { LogicalLine } from "../syntax/logical-line.ts";
import { cutContinuation, type EscapeToken } from "../syntax/scan.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { type Atom, type AtomOptions, atomsOf } from "./atoms.ts";

export interface InstructionLayout extends AtomOptions {
  readonly escapeToken: EscapeToken;
  /** Of continued lines, in blanks. */
  readonly indent: number;
  /** The comment in a physical line (1-based), without blanks around it; undefined where there is none. */
  readonly commentIn: (line: number) => string | undefined;
}

/** Of a tab, when indentation is measured. */
const TAB_WIDTH = 4;

/** The instruction's text, without its here-documents and without a line feed at the end. */
export function formatInstruction(node: SyntaxNode, line: LogicalLine, layout: InstructionLayout): string {
  const atoms = atomsOf(node, line, layout);
  const base = shellIndentation(atoms, line);
  let text = openingComments(atoms, line, layout);
  for (const [index, atom] of atoms.entries()) {
    const previous = atoms[index - 1];
    if (previous !== undefined) text += gapText({ previous, atom, line, base }, layout);
    text += atomText(atom, line, layout);
  }
  const lastLine = text.slice(text.lastIndexOf("\n") + 1);
  // Only at the end of a file: what looks continued was so, by nothing.
  return cutContinuation(lastLine, layout.escapeToken).continues ? `${text} ${layout.escapeToken}` : text;
}

interface Gap {
  readonly previous: Atom;
  readonly atom: Atom;
  readonly line: LogicalLine;
  /** What a shell's lines have in common in front. */
  readonly base: number;
}

function gapText({ previous, atom, line, base }: Gap, layout: InstructionLayout): string {
  const broken = piecesFrom(line, previous.end, atom.start);
  const last = broken.at(-1);
  if (last === undefined) return atom.before ?? " ";
  const extra = atom.isShell ? Math.max(0, pieceWidth(line, last) - base) : 0;
  const indent = " ".repeat(layout.indent + extra);
  const isClosing = atom.text === undefined && atom.before === "";
  const between = linesBetween(line, broken, layout).map((text) => `${indent}${text}\n`);
  return ` ${layout.escapeToken}\n${between.join("")}${isClosing ? "" : indent}`;
}

/** Comments, and of several lines that hold nothing but a continuation, one: they part a long command into paragraphs. */
function linesBetween(line: LogicalLine, broken: readonly number[], layout: InstructionLayout): string[] {
  const lines: string[] = [];
  for (const [index, piece] of broken.entries()) {
    lines.push(...commentsBetween(line, piece, piece, layout));
    const isEmpty = index < broken.length - 1;
    if (isEmpty && lines.at(-1) !== layout.escapeToken) lines.push(layout.escapeToken);
  }
  return lines;
}

/** An atom that goes over several lines keeps its breaks: the blanks there belong to it. */
function atomText(atom: Atom, line: LogicalLine, layout: InstructionLayout): string {
  if (atom.text !== undefined && piecesFrom(line, atom.start + 1, atom.end - 1).length === 0) return atom.text;
  const suffix = atom.text?.endsWith(",") ? "," : "";
  const written = (from: number, to: number) => {
    const text = line.text.slice(from, to);
    return atom.isKeyword ? text.toUpperCase() : text;
  };
  let text = "";
  let start = atom.start;
  for (const index of piecesFrom(line, atom.start + 1, atom.end - 1)) {
    const at = line.pieces[index]?.at ?? start;
    const comments = commentsBetween(line, index, index, layout);
    if (at > start) text += `${written(start, at)}${layout.escapeToken}\n`;
    text += comments.map((comment) => `${" ".repeat(layout.indent)}${comment}\n`).join("");
    start = at;
  }
  return text + written(start, atom.end) + suffix;
}

/** Comments above a keyword that stands behind an empty continued line. */
function openingComments([first]: readonly Atom[], line: LogicalLine, layout: InstructionLayout): string {
  const last = first === undefined ? undefined : piecesFrom(line, 1, first.start).at(-1);
  const opening = last ?? piecesFrom(line, 0, first?.start ?? 0).at(-1) ?? 0;
  const comments = commentsBetween(line, 1, opening, layout).map((comment) => `${comment}\n`);
  return comments.length === 0 ? "" : `${layout.escapeToken}\n${comments.join("")}`;
}

/** The smallest width of the blanks in front of a shell's continued lines. */
function shellIndentation(atoms: readonly Atom[], line: LogicalLine): number {
  const widths = atoms.flatMap((atom, index) => {
    const last = atom.isShell ? piecesFrom(line, atoms[index - 1]?.end ?? 0, atom.start).at(-1) : undefined;
    return last === undefined ? [] : [pieceWidth(line, last)];
  });
  return widths.reduce((least, width) => Math.min(least, width), Number.POSITIVE_INFINITY);
}

/** The width of the blanks in front of a continued line. */
function pieceWidth({ text, pieces }: LogicalLine, index: number): number {
  let width = 0;
  for (let at = pieces[index]?.at ?? 0; text[at] === " " || text[at] === "\t"; at += 1) {
    width += text[at] === "\t" ? TAB_WIDTH : 1;
  }
  return width;
}

/** Indexes of the pieces, but the first, that begin in `[from, to]`. */
function piecesFrom({ pieces }: LogicalLine, from: number, to: number): number[] {
  const found: number[] = [];
  for (let index = firstFrom(pieces, from); index < pieces.length && (pieces[index]?.at ?? 0) <= to; index += 1) {
    found.push(index);
  }
  return found;
}

function firstFrom(pieces: LogicalLine["pieces"], offset: number): number {
  let low = 1;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.at ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In the physical lines between the piece in front of `first` and the piece `last`. */
function commentsBetween(
  { pieces }: LogicalLine,
  first: number,
  last: number,
  { commentIn }: InstructionLayout,
): string[] {
  const from = pieces[first - 1]?.line ?? 0;
  const to = pieces[last]?.line ?? 0;
  const comments: string[] = [];
  for (let number = from + 1; number < to; number += 1) {
    const comment = commentIn(number);
    if (comment !== undefined) comments.push(comment);
  }
  return comments;
}
