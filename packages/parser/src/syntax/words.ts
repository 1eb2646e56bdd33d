import type { Word } from "../ast.ts";
import { isSpace } from "../text/go-strings.ts";
import { type LogicalLine, rangeOf } from "./logical-line.ts";
import type { EscapeToken } from "./scan.ts";

/** A part of a logical line. */
export interface Span {
  readonly line: LogicalLine;
  readonly start: number;
  readonly end: number;
}

export function spanText({ line, start, end }: Span): string {
  return line.text.slice(start, end);
}

export function wordOf({ line, start, end }: Span): Word {
  return { text: line.text.slice(start, end), range: rangeOf(line, start, end) };
}

/** Blanks between keyword, flags and plain arguments: fewer characters than elsewhere. */
export function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\v" || char === "\f" || char === "\r";
}

/** Splits at blanks; quotes mean nothing. */
export function splitBlanks(span: Span): Span[] {
  const { line } = span;
  const parts: Span[] = [];
  let start = span.start;
  for (let at = span.start; at < span.end; ) {
    if (!isBlank(line.text[at])) {
      at += 1;
      continue;
    }
    parts.push({ line, start, end: at });
    while (at < span.end && isBlank(line.text[at])) at += 1;
    start = at;
  }
  if (span.start < span.end) parts.push({ line, start, end: span.end });
  return parts;
}

/** Splits at the first run of blanks. */
export function splitFirstBlank(span: Span): [Span, Span | undefined] {
  const { line, start, end } = span;
  let at = start;
  while (at < end && !isBlank(line.text[at])) at += 1;
  if (at === end) return [span, undefined];
  const first = { line, start, end: at };
  while (at < end && isBlank(line.text[at])) at += 1;
  return [first, { line, start: at, end }];
}

/**
 * Splits into words as ENV, LABEL and ARG do: quoted blanks part nothing, quotes and escapes stay in the words. A quote
 * that is never closed takes the rest.
 */
export function splitQuoted(span: Span, escapeToken: EscapeToken): Span[] {
  const { line, end } = span;
  const words: Span[] = [];
  let at = span.start;
  while (at < end) {
    if (isSpace(line.text[at])) {
      at += 1;
      continue;
    }
    const start = at;
    at = skipWord(span, at, escapeToken);
    words.push({ line, start, end: at > end ? end - 1 : at });
  }
  return words.filter((word) => word.end > word.start);
}

/** The index behind the word that begins at `at`; one more than the end where an escape character with nothing behind it ends the word. */
function skipWord({ line, end }: Span, start: number, escapeToken: EscapeToken): number {
  const { text } = line;
  let quote = "";
  let at = start;
  while (at < end) {
    const char = text[at] ?? "";
    if (quote === "" && isSpace(char)) return at;
    if (char === escapeToken && quote !== "'") {
      if (at + 1 === end) return end + 1;
      at += 1;
    } else if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === "'" || char === '"') quote = char;
    at += 1;
  }
  return at;
}
