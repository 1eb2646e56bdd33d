import type { Directive, Heredoc } from "../ast.ts";
import { readDirectives } from "../directives.ts";
import type { ParseResult } from "../parse.ts";
import { cutContinuation, type EscapeToken } from "../syntax/scan.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { isSpace, skipSpaces } from "../text/go-strings.ts";

/** Shorter than what BuildKit reads (65,535 bytes) even where each character takes three. */
const MAX_LINE_LENGTH = 20_000;

/**
 * Writes a tree down: directives, and each instruction, broken ones too, on a line of its own with the comments that belong
 * to it. What was read and written is read as the same tree; only places, continuations and comments without an instruction
 * are gone. `formatDockerfile` keeps those as well.
 */
export function printDockerfile({ dockerfile, syntax }: Pick<ParseResult, "dockerfile" | "syntax">): string {
  const { directives, escape: escapeToken } = dockerfile;
  const head = directives.map((directive) => `${printDirective(directive)}\n`).join("");
  const body = syntax.nodes.map((node) => printNode(node, escapeToken)).join("");
  return head + separator(directives, body) + body;
}

export function printDirective({ name, value }: Directive): string {
  return `# ${name}=${value}`;
}

/** An empty line where the body's first line would be taken for a directive or lose a byte order mark. */
function separator(directives: readonly Directive[], body: string): string {
  if (directives.length > 0) return "\n";
  return readDirectives(body).length > 0 || body.startsWith("\ufeff") ? "\n" : "";
}

function printNode({ comments, text, heredocs }: SyntaxNode, escapeToken: EscapeToken): string {
  const lines = [...comments.map((comment) => `# ${comment}`), ...printLine(text, escapeToken)];
  return `${lines.join("\n")}\n${heredocs.map(printHeredoc).join("")}`;
}

function printHeredoc({ rawContent, name }: Heredoc): string {
  return `${rawContent}${name}\n`;
}

/** The logical line in as few physical lines as hold exactly it. */
function printLine(text: string, escapeToken: EscapeToken): string[] {
  const lines = breakLine(text).map((part, index, parts) => (index < parts.length - 1 ? part + escapeToken : part));
  const last = lines.pop() ?? "";
  // An indented or empty beginning counts only behind a continuation; a last line that looks continued was so, at the file's end.
  if (text === "" || isSpace(text[0])) lines.unshift(escapeToken);
  if (text === "") return lines;
  return [...lines, mustContinue(last, escapeToken) ? last + escapeToken : last];
}

function mustContinue(line: string, escapeToken: EscapeToken): boolean {
  return cutContinuation(line, escapeToken).continues || line.endsWith("\r") || skipSpaces(line, 0) === line.length;
}

function breakLine(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > MAX_LINE_LENGTH) {
    let end = start + MAX_LINE_LENGTH;
    while (end > start && !isBreakable(text, end)) end -= 1;
    if (end === start) break;
    parts.push(text.slice(start, end));
    start = end;
  }
  return [...parts, text.slice(start)];
}

/** Between two plain characters: what follows must not look like a comment or an empty line, and no escape stand in front. */
function isBreakable(text: string, at: number): boolean {
  return /^[\w.,:;=/-]{2}$/.test(text.slice(at - 1, at + 1));
}
