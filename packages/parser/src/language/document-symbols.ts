import type { Position, Range } from "../position.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import type { LanguageDocument } from "./language-document.ts";

/** A line of an editor's outline. */
export interface DocumentSymbol {
  readonly name: string;
  readonly kind: "stage" | "variable" | "instruction";
  readonly detail: string;
  readonly range: Range;
  /** What is marked when it is chosen. */
  readonly selectionRange: Range;
  readonly children: readonly DocumentSymbol[];
}

const MAX_NAME_LENGTH = 60;

/** The outline of a file: global ARGs, stages, and the instructions of each stage. */
export function documentSymbols({ parsed, symbols }: LanguageDocument): DocumentSymbol[] {
  const { nodes } = parsed.syntax;
  const first = symbols.stages[0]?.firstNode ?? nodes.length;
  const stages = symbols.stages.flatMap((stage): DocumentSymbol[] => {
    const from = nodes[stage.firstNode];
    const end = nodes[stage.lastNode]?.range.end;
    if (from === undefined || end === undefined) return [];
    const name = stage.name === undefined ? stage.image : `${stage.name} (${stage.image})`;
    const children = nodes.slice(stage.firstNode + 1, stage.lastNode + 1).map(instructionSymbol);
    return [{ ...symbolOf(from, name, "stage"), range: spanning(from.range.start, end), children }];
  });
  return [...nodes.slice(0, first).map(instructionSymbol), ...stages];
}

function instructionSymbol(node: SyntaxNode): DocumentSymbol {
  const isVariable = /^(?:arg|env)$/i.test(node.keyword.text);
  const text = node.source.replace(/\s+/g, " ");
  const name = text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH)}...` : text;
  return symbolOf(node, name, isVariable ? "variable" : "instruction");
}

function symbolOf(node: SyntaxNode, name: string, kind: DocumentSymbol["kind"]): DocumentSymbol {
  const { range, keyword } = node;
  return { name: name === "" ? "?" : name, kind, detail: "", range, selectionRange: keyword.range, children: [] };
}

function spanning(start: Position, end: Position): Range {
  return { start, end };
}
