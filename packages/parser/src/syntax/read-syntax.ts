import type { Directive, Heredoc } from "../ast.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { type HeredocMarker, heredocMarkersOf } from "../heredoc.ts";
import type { Range } from "../position.ts";
import { ShellError } from "../shell/lex-state.ts";
import { skipSpaces, skipSpacesBack } from "../text/go-strings.ts";
import { Problem } from "../text/problem.ts";
import { readFlags } from "./flags.ts";
import { type LogicalLine, rangeOf, wholeRange } from "./logical-line.ts";
import { ARGUMENT_READERS, type Arguments } from "./read-arguments.ts";
import { createScanner, type EscapeToken, type Scanner } from "./scan.ts";
import type { SyntaxNode, SyntaxTree } from "./syntax-node.ts";
import { type Span, splitFirstBlank, wordOf } from "./words.ts";

/** A file split into instructions; `diagnostics` are about directives and lines, those about instructions stand in the nodes. */
export interface SyntaxResult extends SyntaxTree {
  readonly directives: readonly Directive[];
  readonly escapeToken: EscapeToken;
  readonly diagnostics: readonly Diagnostic[];
}

const HEREDOC_KEYWORDS: ReadonlySet<string> = new Set(["add", "copy", "run"]);
/** ONBUILD ONBUILD is an error anyway: what follows deeper need not be split. */
const MAX_ONBUILD_DEPTH = 4;
const NO_ARGUMENTS: Arguments = { args: [], pairs: [], json: false };

/** Splits a Dockerfile into instructions. Never throws, takes linear time. */
export function readSyntax(text: string): SyntaxResult {
  const scanner = createScanner(text);
  const nodes: SyntaxNode[] = [];
  const emptyContinuations: SyntaxTree["emptyContinuations"][number][] = [];
  for (let line = scanner.next(); line !== undefined; line = scanner.next()) {
    const { text: source, lastLine, emptyLines } = line;
    if (emptyLines.length > 0) emptyContinuations.push({ source, line: lastLine, emptyLines });
    nodes.push(readNode(line, scanner));
  }
  const { directives, escapeToken, diagnostics } = scanner;
  return { nodes, emptyContinuations, directives, escapeToken, diagnostics };
}

function readNode(line: LogicalLine, scanner: Scanner): SyntaxNode {
  const node = splitNode({ line, start: 0, end: line.text.length }, scanner.escapeToken, 0);
  if (node.error !== undefined || !line.text.includes("<<") || !takesHeredocs(node)) return node;
  try {
    const heredocs = readHeredocs(heredocMarkersOf(line.text), node.range, scanner);
    const range = { start: node.range.start, end: heredocs.length === 0 ? node.range.end : scanner.position };
    return { ...node, heredocs, range };
  } catch (error) {
    return { ...node, error: diagnosticOf(error, node.range) };
  }
}

/** The bodies, in order. A body without its end takes the rest of the file, so nothing of it is misread as instructions. */
function readHeredocs(markers: readonly HeredocMarker[], range: Range, scanner: Scanner): Heredoc[] {
  return markers.map((marker) => {
    const heredoc = scanner.readHeredoc(marker);
    if (heredoc !== undefined) return heredoc;
    throw new Problem("HEREDOC_UNTERMINATED", "unterminated heredoc", range, {
      hint: `a line with nothing but ${marker.name} must end it${marker.chomp ? "" : "; only <<- allows tabs in front"}`,
    });
  });
}

/** ADD, COPY and RUN, also behind ONBUILD, unless in JSON form. */
function takesHeredocs(node: SyntaxNode): boolean {
  const target = node.child ?? node;
  return HEREDOC_KEYWORDS.has(target.keyword.text.toLowerCase()) && !target.json;
}

function splitNode(whole: Span, escapeToken: EscapeToken, depth: number): SyntaxNode {
  const { line } = whole;
  const start = skipSpaces(line.text, whole.start, whole.end);
  const trimmed = { line, start, end: skipSpacesBack(line.text, start, whole.end) };
  const [keyword, behind] = splitFirstBlank(trimmed);
  const { flags, rest } = readFlags(behind ?? { ...trimmed, start: trimmed.end }, escapeToken);
  const argsStart = skipSpaces(line.text, rest.start, trimmed.end);
  const args = { line, start: argsStart, end: Math.max(argsStart, trimmed.end) };
  const range = depth === 0 ? wholeRange(line) : rangeOf(line, trimmed.start, trimmed.end);
  const split = splitArguments(keyword, args, { escapeToken, depth, range });
  return {
    keyword: wordOf(keyword),
    flags,
    args: split.args,
    pairs: split.pairs,
    json: split.json,
    child: split.child,
    heredocs: [],
    source: line.text.slice(trimmed.start, trimmed.end),
    text: line.text.slice(whole.start, whole.end),
    comments: depth === 0 ? line.comments : [],
    range,
    argsRange: rangeOf(line, args.start, args.end),
    argsSpan: args,
    error: split.error,
  };
}

interface SplitArguments extends Arguments {
  readonly child?: SyntaxNode;
  readonly error?: Diagnostic | undefined;
}

interface SplitOptions {
  readonly escapeToken: EscapeToken;
  readonly depth: number;
  /** Of the whole instruction. */
  readonly range: Range;
}

function splitArguments(keyword: Span, args: Span, { escapeToken, depth, range }: SplitOptions): SplitArguments {
  const name = keyword.line.text.slice(keyword.start, keyword.end).toLowerCase();
  const read = Object.hasOwn(ARGUMENT_READERS, name) ? ARGUMENT_READERS[name] : undefined;
  try {
    if (read !== undefined) return read(args, escapeToken);
  } catch (error) {
    return { ...NO_ARGUMENTS, error: diagnosticOf(error, range) };
  }
  if (name !== "onbuild" || args.start === args.end || depth >= MAX_ONBUILD_DEPTH) return NO_ARGUMENTS;
  const child = splitNode(args, escapeToken, depth + 1);
  return { ...NO_ARGUMENTS, child, error: child.error };
}

/** Problems and the lexer's errors are about the file; anything else is a fault in this package. */
function diagnosticOf(error: unknown, range: Range): Diagnostic {
  if (error instanceof Problem) return error.diagnostic;
  if (error instanceof ShellError) return new Problem("HEREDOC_INVALID", error.message, range).diagnostic;
  throw error;
}
