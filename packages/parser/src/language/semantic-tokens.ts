import type { Range } from "../position.ts";
import { type LogicalLine, rangeOf } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { comparePositions, type LanguageDocument } from "./language-document.ts";

export type SemanticTokenType = "comment" | "macro" | "keyword" | "parameter" | "variable" | "namespace" | "string";

/** A part of one line with its colour. */
export interface SemanticToken {
  readonly range: Range;
  readonly type: SemanticTokenType;
}

/** Tokens in the order of the text, none over several lines, none inside another. */
export function semanticTokens(document: LanguageDocument): SemanticToken[] {
  const { parsed, lines, symbols } = document;
  const tokens: SemanticToken[] = parsed.dockerfile.directives.map(({ range }) => ({ range, type: "macro" }));
  for (const [index, node] of parsed.syntax.nodes.entries()) {
    const line = lines[index];
    if (line !== undefined) tokens.push(...nodeTokens(node, line));
  }
  for (const { range } of symbols.variables) tokens.push({ range, type: "variable" });
  for (const { nameRange } of symbols.stages) if (nameRange) tokens.push({ range: nameRange, type: "namespace" });
  for (const { range } of symbols.stageReferences) tokens.push({ range, type: "namespace" });
  tokens.push(...commentTokens(document));
  return withoutOverlap(tokens.filter(({ range }) => range.start.line === range.end.line));
}

function nodeTokens(node: SyntaxNode, line: LogicalLine): SemanticToken[] {
  const kind = node.keyword.text.toLowerCase();
  const keywords = [node.keyword.range];
  const [first, second] = node.args;
  if (kind === "from" && node.args.length > 1 && second !== undefined) keywords.push(second.range);
  if (kind === "healthcheck" && first !== undefined) keywords.push(first.range);
  const literals = node.json ? node.args.slice(kind === "healthcheck" ? 1 : 0).map(({ range }) => range) : [];
  return [
    ...keywords.map((range) => ({ range, type: "keyword" as const })),
    ...node.flags.map(({ name, range }) => ({ range: flagName(line, range, name), type: "parameter" as const })),
    ...literals.map((range) => ({ range, type: "string" as const })),
    ...(node.child === undefined ? [] : nodeTokens(node.child, line)),
  ];
}

/** `--name` of `--name=value`. */
function flagName(line: LogicalLine, range: Range, name: string): Range {
  const start = offsetIn(line, range.start) ?? 0;
  return rangeOf(line, start, start + name.length + 2);
}

/** Lines that are comments, in continued instructions too, but for directives. */
function commentTokens({ text, parsed }: LanguageDocument): SemanticToken[] {
  const bodies = parsed.syntax.nodes.flatMap(({ heredocs }) => heredocs.map(({ range }) => range));
  const directives = new Set(parsed.dockerfile.directives.map(({ range }) => range.start.line));
  const tokens: SemanticToken[] = [];
  let body = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    while ((bodies[body]?.end.line ?? Number.POSITIVE_INFINITY) <= line) body += 1;
    const isInBody = (bodies[body]?.start.line ?? Number.POSITIVE_INFINITY) <= line;
    const column = raw.search(/\S/);
    if (isInBody || raw[column] !== "#" || directives.has(line)) continue;
    tokens.push({ range: { start: { line, column }, end: { line, column: raw.trimEnd().length } }, type: "comment" });
  }
  return tokens;
}

/** In order; of tokens that overlap, the one that begins first, cut where a later one begins. */
function withoutOverlap(tokens: readonly SemanticToken[]): SemanticToken[] {
  const sorted = tokens.toSorted((left, right) => comparePositions(left.range.start, right.range.start));
  const apart: SemanticToken[] = [];
  for (const token of sorted) {
    const previous = apart.at(-1);
    if (previous === undefined || comparePositions(previous.range.end, token.range.start) <= 0) apart.push(token);
    else if (comparePositions(previous.range.start, token.range.start) < 0) {
      apart[apart.length - 1] = { ...previous, range: { start: previous.range.start, end: token.range.start } };
      apart.push(token);
    }
  }
  return apart.filter(({ range }) => comparePositions(range.start, range.end) < 0);
}
