import type { Diagnostic } from "../diagnostic.ts";
import { readDirectives } from "../directives.ts";
import { type ParseResult, parseDockerfile } from "../parse.ts";
import type { LogicalLine } from "../syntax/logical-line.ts";
import { nodeLines } from "../syntax/node-lines.ts";
import { withoutLineEnd } from "../syntax/physical-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { trimSpaces } from "../text/go-strings.ts";
import { formatInstruction, type InstructionLayout } from "./format-instruction.ts";
import { printDirective } from "./print-dockerfile.ts";

export interface FormatDockerfileOptions {
  /**
   * Blanks in front of continued lines.
   * @default 4
   */
  readonly indent?: number;
}

export interface FormattedDockerfile {
  /** The text as it was where there are errors. */
  readonly text: string;
  /** The errors. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Writes a Dockerfile in its canonical layout: keywords in capitals, one blank between words, continued lines indented,
 * comments where they are, at most one empty line in a row, no blanks at line ends, line feeds only. What a builder makes of
 * the file stays: quotes, here-documents and the texts of commands keep every blank that could mean something. Of commands
 * only the indentation of continued lines changes, and only where a POSIX shell takes them for blanks between words.
 * Idempotent. Never throws; a file with errors is left as it is.
 */
export function formatDockerfile(text: string, { indent = 4 }: FormatDockerfileOptions = {}): FormattedDockerfile {
  const parsed = parseDockerfile(text);
  const { diagnostics, dockerfile, syntax } = parsed;
  if (diagnostics.length > 0) return { text, diagnostics };
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const physical = source.split("\n");
  const layout: InstructionLayout = {
    escapeToken: dockerfile.escape,
    isPosixShell: dockerfile.escape === "\\" && syntax.nodes.every(setsNoForeignShell),
    indent,
    commentIn: (line) => commentOf(physical[line - 1] ?? ""),
  };
  const writer = createWriter(parsed, physical);
  const lines = nodeLines(text, syntax);
  for (const [index, node] of syntax.nodes.entries()) {
    const line = lines[index];
    if (line !== undefined) writer.addInstruction(node, line, formatInstruction(node, line, layout));
  }
  return { text: writer.finish(), diagnostics };
}

const POSIX_SHELLS: ReadonlySet<string> = new Set(["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"]);

function setsNoForeignShell(node: SyntaxNode): boolean {
  const { keyword, args } = node.child ?? node;
  if (keyword.text.toLowerCase() !== "shell") return true;
  return POSIX_SHELLS.has(args[0]?.text.split("/").at(-1) ?? "");
}

function commentOf(line: string): string | undefined {
  const text = trimSpaces(line);
  return text.startsWith("#") ? text : undefined;
}

interface Writer {
  addInstruction(node: SyntaxNode, line: LogicalLine, text: string): void;
  /** The whole text. */
  finish(): string;
}

/** Puts formatted instructions and what stands between them together. */
function createWriter({ dockerfile }: ParseResult, physical: readonly string[]): Writer {
  const directives = new Map(dockerfile.directives.map((directive) => [directive.range.start.line, directive]));
  const parts: string[] = [];
  let next = 1;
  let isBlankPending = false;

  function add(text: string): void {
    if (isBlankPending && parts.length > 0) parts.push("\n");
    isBlankPending = false;
    parts.push(text, "\n");
  }

  /** Directives, comments and empty lines, up to the line in front of `end`. */
  function addOuterLines(end: number): void {
    for (; next < end; next += 1) {
      const line = physical[next - 1] ?? "";
      const directive = directives.get(next);
      const comment = commentOf(line);
      if (directive !== undefined) add(printDirective(directive));
      else if (comment !== undefined) add(outerComment(line, comment));
      else isBlankPending = true;
    }
  }

  return {
    addInstruction({ heredocs }, line, text) {
      addOuterLines(line.firstLine);
      add(text);
      for (const { range } of heredocs) {
        parts.push(...physical.slice(range.start.line - 1, range.end.line - 1).map((raw) => `${raw}\n`));
        parts.push(withoutLineEnd(physical[range.end.line - 1] ?? ""), "\n");
      }
      const last = heredocs.at(-1)?.range.end.line ?? line.pieces.at(-1)?.line ?? line.lastLine;
      next = last + 1;
    },
    finish() {
      addOuterLines(physical.length + 1);
      const text = parts.join("");
      // Without the empty line at the top, a comment there would become a directive.
      return dockerfile.directives.length === 0 && readDirectives(text).length > 0 ? `\n${text}` : text;
    },
  };
}

/**
 * An indented comment is none to the linter: `check` in it means nothing, and an empty one does not part the comments above
 * from the instruction. Those keep a blank in front.
 */
function outerComment(line: string, comment: string): string {
  const isIndented = !line.startsWith("#");
  return isIndented && /^#[\t ]*(?:check[\t ]*=|$)/i.test(comment) ? ` ${comment}` : comment;
}
