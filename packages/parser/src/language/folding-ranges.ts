import type { LanguageDocument } from "./language-document.ts";

/** Lines that an editor can fold away below the first of them. */
export interface FoldingRange {
  /** 1-based. */
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: "stage" | "instruction" | "heredoc" | "comment";
}

/** What can be folded: stages, instructions over several lines, here-documents, blocks of comments. */
export function foldingRanges({ text, parsed, symbols }: LanguageDocument): FoldingRange[] {
  const { nodes } = parsed.syntax;
  const stages = symbols.stages.flatMap(({ firstNode, lastNode }): FoldingRange[] => {
    const startLine = nodes[firstNode]?.range.start.line ?? 0;
    return [{ startLine, endLine: nodes[lastNode]?.range.end.line ?? startLine, kind: "stage" }];
  });
  const instructions = nodes.map(({ range }): FoldingRange => {
    return { startLine: range.start.line, endLine: range.end.line, kind: "instruction" };
  });
  const bodies = nodes.flatMap(({ heredocs }) => {
    return heredocs.slice(1).map(({ range }): FoldingRange => {
      return { startLine: range.start.line - 1, endLine: range.end.line, kind: "heredoc" };
    });
  });
  const all = [...stages, ...instructions, ...bodies, ...commentBlocks(text, instructions)];
  return all.filter(({ startLine, endLine }) => endLine > startLine).sort((a, b) => a.startLine - b.startLine);
}

/** Comments in a row outside of instructions. */
function commentBlocks(text: string, instructions: readonly FoldingRange[]): FoldingRange[] {
  const blocks: FoldingRange[] = [];
  const lines = text.split("\n");
  let line = 1;
  for (const { startLine, endLine } of [...instructions, { startLine: lines.length + 1, endLine: lines.length + 1 }]) {
    let start = 0;
    for (; line < startLine; line += 1) {
      const isComment = /^\s*#/.test(lines[line - 1] ?? "");
      if (isComment && start === 0) start = line;
      else if (!isComment && start > 0) start = addBlock(blocks, start, line - 1);
    }
    if (start > 0) addBlock(blocks, start, startLine - 1);
    line = endLine + 1;
  }
  return blocks;
}

/** Answers with the start of the next block: none. */
function addBlock(blocks: FoldingRange[], startLine: number, endLine: number): number {
  blocks.push({ startLine, endLine, kind: "comment" });
  return 0;
}
