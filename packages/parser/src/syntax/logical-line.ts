import type { Position, Range } from "../position.ts";

/** Where a part of a logical line comes from: it begins at `at` and stands unchanged in the file at `line`, `column`. */
interface Piece {
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

/** One instruction's text with its continuations joined and comment lines dropped, and where each part of it stands. */
export interface LogicalLine {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** First and last physical line, 1-based; blank and comment lines inside a continuation count. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Of the last physical line, without its line end. */
  readonly lastColumn: number;
  /** Comment lines above, without `#`. */
  readonly comments: readonly string[];
  /** Blank lines that stand where a continued line should. */
  readonly emptyLines: readonly number[];
}

/** The range in the file of `text[start, end)`. */
export function rangeOf(line: LogicalLine, start: number, end: number): Range {
  const from = positionOf(line, start);
  if (end <= start) return { start: from, end: from };
  const last = positionOf(line, end - 1);
  return { start: from, end: { line: last.line, column: last.column + 1 } };
}

/** The range of the whole instruction, continuations included. */
export function wholeRange(line: LogicalLine): Range {
  const start = positionOf(line, 0);
  const end = { line: line.lastLine, column: line.lastColumn };
  return { start, end: end.line === start.line && end.column < start.column ? start : end };
}

function positionOf(line: LogicalLine, offset: number): Position {
  const piece = line.pieces[findPiece(line.pieces, offset)];
  if (piece === undefined) return { line: line.firstLine, column: 0 };
  return { line: piece.line, column: piece.column + (offset - piece.at) };
}

/** The last piece that begins at or before the offset: of several that begin there, the one that has text. */
function findPiece(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.at ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
