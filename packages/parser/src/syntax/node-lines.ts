import type { Position } from "../position.ts";
import type { LogicalLine } from "./logical-line.ts";
import { createScanner } from "./scan.ts";
import type { SyntaxTree } from "./syntax-node.ts";

/** The logical line of each instruction of a tree, in order: `text` must be what the tree was read from. */
export function nodeLines(text: string, { nodes }: SyntaxTree): LogicalLine[] {
  const scanner = createScanner(text);
  const lines: LogicalLine[] = [];
  for (const { heredocs } of nodes) {
    const line = scanner.next();
    if (line === undefined) break;
    lines.push(line);
    for (const heredoc of heredocs) scanner.readHeredoc(heredoc);
  }
  return lines;
}

/** Where in the logical line a position of the file is; undefined where it is none of its text. */
export function offsetIn(line: LogicalLine, { line: number, column }: Position): number | undefined {
  let low = 0;
  let high = line.pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((line.pieces[middle]?.line ?? 0) <= number) low = middle;
    else high = middle - 1;
  }
  const piece = line.pieces[low];
  if (piece === undefined || piece.line !== number || column < piece.column) return undefined;
  const offset = piece.at + column - piece.column;
  return offset <= (line.pieces[low + 1]?.at ?? line.text.length) ? offset : undefined;
}
