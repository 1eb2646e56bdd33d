import type { Directive, Heredoc } from "../ast.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { createDirectiveReader } from "../directives.ts";
import type { HeredocMarker } from "../heredoc.ts";
import { stripLeadingTabs } from "../heredoc.ts";
import type { Range } from "../position.ts";
import { skipSpaces, trimSpaces } from "../text/go-strings.ts";
import { Problem, replacement } from "../text/problem.ts";
import type { LogicalLine } from "./logical-line.ts";
import { createLineCursor, MAX_LINE_BYTES, withoutLineEnd } from "./physical-lines.ts";

export type EscapeToken = "\\" | "`";

/** Reads a Dockerfile instruction by instruction; here-documents are read on demand, because only the caller knows that a line opens one. */
export interface Scanner {
  /** The next instruction's line, or undefined at the end. */
  next(): LogicalLine | undefined;
  /** The body that begins on the next physical line; undefined when its end is missing: then everything is read. */
  readHeredoc(marker: HeredocMarker): Heredoc | undefined;
  /** Of the line read last: its number and its length without the line end. */
  readonly position: { readonly line: number; readonly column: number };
  readonly escapeToken: EscapeToken;
  readonly directives: readonly Directive[];
  readonly diagnostics: readonly Diagnostic[];
}

export function createScanner(text: string): Scanner {
  const cursor = createLineCursor(text);
  const byteOrderMark = text.startsWith("\ufeff") ? 1 : 0;
  const directiveReader = createDirectiveReader();
  const directives: Directive[] = [];
  const diagnostics: Diagnostic[] = [];
  let escapeToken: EscapeToken = "\\";
  let comments: string[] = [];
  let last = { line: 0, column: 0 };

  function nextLine(): string | undefined {
    const raw = cursor.next();
    if (raw === undefined) return undefined;
    last = { line: cursor.line, column: firstColumn() + withoutLineEnd(raw).length };
    if (cursor.tooLong.at(-1) === cursor.line) diagnostics.push(lineTooLong(last));
    return raw;
  }

  function firstColumn(): number {
    return cursor.line === 1 ? byteOrderMark : 0;
  }

  function takeComment(raw: string): void {
    // The first character goes, whatever it is: in an indented comment that is a blank, and `#` stays.
    const comment = trimSpaces(raw.slice(1));
    if (comment === "") comments = [];
    else comments.push(comment);
  }

  /** Must see every line, because any line that is no directive ends their run. */
  function takeDirective(content: string, column: number): boolean {
    const directive = directiveReader.feed(content, cursor.line, column);
    if (directive === undefined) return false;
    const range = { start: { line: cursor.line, column }, end: last };
    if ("repeated" in directive) diagnostics.push(repeatedDirective(directive.repeated, range));
    else {
      directives.push(directive);
      if (directive.name === "escape") takeEscape(directive.value, range);
    }
    return true;
  }

  function takeEscape(value: string, range: Range): void {
    if (value === "\\" || value === "`") escapeToken = value;
    else diagnostics.push(invalidEscape(value, range));
  }

  function next(): LogicalLine | undefined {
    for (let raw = nextLine(); raw !== undefined; raw = nextLine()) {
      const line = withoutLineEnd(raw);
      const indent = skipSpaces(line, 0);
      const content = line.slice(indent);
      const column = firstColumn() + indent;
      if (takeDirective(content, column)) continue;
      if (content[0] === "#") takeComment(raw);
      else if (content !== "") return join(content, column);
    }
    return undefined;
  }

  function join(content: string, column: number): LogicalLine {
    const firstLine = cursor.line;
    let { text: joined, continues } = cutContinuation(content, escapeToken);
    const pieces = [{ at: 0, line: firstLine, column }];
    const parts = [joined];
    let length = joined.length;
    const emptyLines: number[] = [];
    while (continues) {
      const raw = nextLine();
      if (raw === undefined) break;
      const line = withoutLineEnd(raw);
      const indent = skipSpaces(line, 0);
      if (indent === line.length) emptyLines.push(cursor.line);
      if (indent === line.length || line[indent] === "#") continue;
      ({ text: joined, continues } = cutContinuation(line, escapeToken));
      pieces.push({ at: length, line: cursor.line, column: 0 });
      parts.push(joined);
      length += joined.length;
    }
    const above = comments;
    comments = [];
    return {
      text: parts.length === 1 ? joined : parts.join(""),
      pieces,
      firstLine,
      lastLine: last.line,
      lastColumn: last.column,
      comments: above,
      emptyLines,
    };
  }

  function readHeredoc(marker: HeredocMarker): Heredoc | undefined {
    const start = { line: cursor.line + 1, column: 0 };
    let end = start;
    const lines: string[] = [];
    for (let raw = nextLine(); raw !== undefined; raw = nextLine()) {
      const bare = withoutLineEnd(raw);
      if ((marker.chomp ? bare.replace(/^\t+/, "") : bare) === marker.name) {
        const rawContent = lines.join("");
        const content = marker.chomp ? stripLeadingTabs(rawContent) : rawContent;
        return { ...marker, content, rawContent, range: { start, end } };
      }
      lines.push(raw);
      end = raw.endsWith("\n") ? { line: last.line + 1, column: 0 } : last;
    }
    return undefined;
  }

  return {
    next,
    readHeredoc,
    get position() {
      return last;
    },
    get escapeToken() {
      return escapeToken;
    },
    directives,
    diagnostics,
  };
}

/**
 * A line is continued by an escape character at its end, blanks behind it allowed, unless another one stands in front of
 * it. (`\\\` should continue and does not; BuildKit reads it so.)
 */
export function cutContinuation(line: string, escapeToken: EscapeToken): { text: string; continues: boolean } {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end -= 1;
  const continues = line[end - 1] === escapeToken && line[end - 2] !== escapeToken;
  return continues ? { text: line.slice(0, end - 1), continues } : { text: line, continues };
}

function repeatedDirective(name: string, range: Range): Diagnostic {
  const problem = new Problem("DIRECTIVE_REPEATED", `only one ${name} parser directive can be used`, range, {
    hint: "remove this line, or put an empty line above it to make it a comment",
  });
  return problem.diagnostic;
}

function invalidEscape(value: string, range: Range): Diagnostic {
  const message = `invalid escape token '${value}' does not match \` or \\`;
  return new Problem("DIRECTIVE_INVALID", message, range, {
    hint: "write # escape=` or # escape=\\",
    fix: replacement("Use the backslash", range, "# escape=\\"),
  }).diagnostic;
}

function lineTooLong({ line, column }: { line: number; column: number }): Diagnostic {
  const range = { start: { line, column: 0 }, end: { line, column } };
  return new Problem("LINE_TOO_LONG", `dockerfile line greater than max allowed size of ${MAX_LINE_BYTES}`, range, {
    hint: "break the line with continuations; other builders refuse it",
  }).diagnostic;
}
