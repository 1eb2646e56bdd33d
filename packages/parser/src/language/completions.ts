import type { Position } from "../position.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import { argumentOptions } from "./argument-options.ts";
import type { Completion, CompletionContext, CompletionOption } from "./completion.ts";
import { directiveOptions, instructionOptions, variableOptions } from "./completion-sources.ts";
import { heredocAt, type LanguageDocument, nodeAt } from "./language-document.ts";
import { GLOBAL_SCOPE } from "./symbol-index.ts";

/** What could be written at a position: instructions, flags and their values, stages, variables, directives. */
export function completionsAt(document: LanguageDocument, position: Position): readonly Completion[] {
  const typed = (document.text.split("\n")[position.line - 1] ?? "").slice(0, position.column);
  const index = nodeAt(document, position);
  const node = index === undefined ? undefined : document.parsed.syntax.nodes[index];
  if (index === undefined || node === undefined) return outside(document, position, typed);
  const context = { document, index, scope: document.symbols.scopes[index] ?? GLOBAL_SCOPE };
  const heredoc = heredocAt(node, position);
  if (heredoc !== undefined) return inBody(typed, position, variableOptions(context));
  const line = document.lines[index];
  const offset = line === undefined ? undefined : offsetIn(line, position);
  if (line === undefined || offset === undefined) return [];
  const prefix = line.text.slice(0, offset);
  const found = variablePrefix(prefix);
  const { start, options } =
    found === undefined ? inInstruction(prefix, context) : { start: found, options: variableOptions(context) };
  // A word that began on another line is not completed.
  const column = position.column - (offset - start);
  return column < 0 ? [] : withRange(options, { line: position.line, column }, position);
}

interface Found {
  /** Where what is replaced begins in the logical line. */
  readonly start: number;
  readonly options: readonly CompletionOption[];
}

function inInstruction(prefix: string, context: CompletionContext): Found {
  const words = prefix.trimStart().split(/\s+/);
  const [keyword = "", ...rest] = words;
  if (rest.length === 0) return { start: prefix.length - keyword.length, options: instructionOptions(context) };
  if (keyword.toUpperCase() !== "ONBUILD") return argumentOptions(keyword.toUpperCase(), rest, { ...context, prefix });
  const child = prefix.replace(/^\s*\S+\s+/, "");
  const found = inInstruction(child, context);
  const isKeyword = found.start === 0 && rest.length === 1;
  const options = isKeyword ? found.options.filter(({ label }) => !NO_TRIGGERS.has(label)) : found.options;
  return { start: found.start + prefix.length - child.length, options };
}

const NO_TRIGGERS: ReadonlySet<string> = new Set(["FROM", "ONBUILD", "MAINTAINER"]);

/** At the beginning of an instruction, or in a comment that could be a directive. */
function outside(document: LanguageDocument, position: Position, typed: string): readonly Completion[] {
  const first = document.parsed.syntax.nodes[0];
  const isAbove = first === undefined || position.line < first.range.start.line;
  const directive = /^\s*#\s*(\w*)$/.exec(typed)?.[1];
  if (directive !== undefined) {
    const start = { line: position.line, column: position.column - directive.length };
    return isAbove ? withRange(directiveOptions(document), start, position) : [];
  }
  if (typed.trim() !== "") return [];
  const index = document.parsed.syntax.nodes.filter(({ range }) => range.end.line < position.line).length;
  const scope = document.symbols.scopes[index - 1] ?? GLOBAL_SCOPE;
  return withRange(instructionOptions({ document, index, scope }), position, position);
}

function inBody(typed: string, position: Position, options: readonly CompletionOption[]): readonly Completion[] {
  const start = variablePrefix(typed);
  return start === undefined ? [] : withRange(options, { line: position.line, column: start }, position);
}

/** Where the name begins of a variable that is being written at the end of a text. */
function variablePrefix(text: string): number | undefined {
  const match = /\$\{?(\w*)$/.exec(text.slice(-200));
  return match === null ? undefined : text.length - (match[1] ?? "").length;
}

function withRange(options: readonly CompletionOption[], start: Position, end: Position): Completion[] {
  const range = { start, end };
  return options.map((option) => ({ ...option, range }));
}
