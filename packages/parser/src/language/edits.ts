import type { Diagnostic, Fix } from "../diagnostic.ts";
import { type LintOptions, lintDockerfile } from "../lint/lint-dockerfile.ts";
import type { Position, Range } from "../position.ts";
import { type FormatDockerfileOptions, formatDockerfile } from "../print/format-dockerfile.ts";
import { comparePositions, type LanguageDocument } from "./language-document.ts";
import type { TextEdit } from "./text-edit.ts";

/** A change that an editor offers for a finding. */
export interface CodeAction extends Fix {
  readonly diagnostic: Diagnostic;
}

/** Errors and what the rules find, in the order of the lines. */
export function diagnose({ parsed }: LanguageDocument, options: LintOptions = {}): Diagnostic[] {
  return [...parsed.diagnostics, ...lintDockerfile(parsed, options)].sort((left, right) =>
    comparePositions(left.range.start, right.range.start),
  );
}

/** The fixes of those diagnostics that overlap a range. */
export function codeActions(diagnostics: readonly Diagnostic[], range: Range): CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    const isApart =
      comparePositions(diagnostic.range.end, range.start) < 0 ||
      comparePositions(range.end, diagnostic.range.start) < 0;
    return isApart || diagnostic.fix === undefined ? [] : [{ ...diagnostic.fix, diagnostic }];
  });
}

/** The edits that bring a file into its canonical layout: of the lines that differ. None where it has errors. */
export function formattingEdits({ text }: LanguageDocument, options: FormatDockerfileOptions = {}): TextEdit[] {
  const formatted = formatDockerfile(text, options).text;
  if (formatted === text) return [];
  const start = commonHead(text, formatted);
  const tail = commonTail(text.slice(start), formatted.slice(start));
  const range = { start: positionAt(text, start), end: positionAt(text, text.length - tail) };
  return [{ range, newText: formatted.slice(start, formatted.length - tail) }];
}

/** The length of the whole lines at the beginning that are the same. */
function commonHead(left: string, right: string): number {
  let length = 0;
  while (length < left.length && length < right.length && left[length] === right[length]) length += 1;
  return length === 0 ? 0 : left.lastIndexOf("\n", length - 1) + 1;
}

/** The length of the whole lines at the end that are the same. */
function commonTail(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  let length = 0;
  while (length < shorter && left.at(-1 - length) === right.at(-1 - length)) length += 1;
  const feed = left.indexOf("\n", left.length - length);
  return feed < 0 ? 0 : left.length - feed - 1;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") - 1 };
}
