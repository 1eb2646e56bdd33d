import type { Heredoc } from "../ast.ts";
import { type ParseResult, parseDockerfile } from "../parse.ts";
import type { Position, Range } from "../position.ts";
import type { LogicalLine } from "../syntax/logical-line.ts";
import { nodeLines } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { indexSymbols, type SymbolIndex } from "./symbol-index.ts";

/** A Dockerfile with all that the functions for editors ask of it. A value: after a change of the text, make another. */
export interface LanguageDocument {
  readonly text: string;
  readonly parsed: ParseResult;
  /** The logical line of each node of `parsed.syntax`. */
  readonly lines: readonly LogicalLine[];
  readonly symbols: SymbolIndex;
}

/** Reads a Dockerfile for an editor. Never throws. */
export function openDocument(text: string): LanguageDocument {
  const parsed = parseDockerfile(text);
  const lines = nodeLines(text, parsed.syntax);
  return { text, parsed, lines, symbols: indexSymbols(parsed, lines) };
}

/** Negative where `left` stands in front of `right`. */
export function comparePositions(left: Position, right: Position): number {
  return left.line - right.line || left.column - right.column;
}

/** Whether a position is in a range or at its end: there an editor's cursor still touches the word. */
export function touches({ start, end }: Range, position: Position): boolean {
  return comparePositions(start, position) <= 0 && comparePositions(position, end) <= 0;
}

/** The index of the instruction at a position, blanks behind it included. */
export function nodeAt({ parsed }: LanguageDocument, position: Position): number | undefined {
  const index = parsed.syntax.nodes.findIndex(({ range }) => touches(range, position));
  return index < 0 ? undefined : index;
}

/** The here-document in whose body a position is. */
export function heredocAt({ heredocs }: SyntaxNode, { line }: Position): Heredoc | undefined {
  return heredocs.find(({ range }) => line >= range.start.line && line < range.end.line);
}
