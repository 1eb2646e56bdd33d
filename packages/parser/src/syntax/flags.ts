import type { Flag } from "../ast.ts";
import { isSpace, skipSpaces } from "../text/go-strings.ts";
import { type LogicalLine, rangeOf } from "./logical-line.ts";
import type { EscapeToken } from "./scan.ts";
import type { Span } from "./words.ts";

/** Shared, since most instructions have none. */
const NO_FLAGS: readonly Flag[] = [];

/**
 * Takes the words that begin with `--` off the front of an instruction's arguments. Quotes and escapes of a flag are
 * removed; a bare `--` ends the flags.
 */
export function readFlags(span: Span, escapeToken: EscapeToken): { flags: readonly Flag[]; rest: Span } {
  const { line, end } = span;
  let at = skipSpaces(line.text, span.start, end);
  if (!line.text.startsWith("--", at)) return { flags: NO_FLAGS, rest: { line, start: at, end } };
  const flags: Flag[] = [];
  while (line.text.startsWith("--", at) && at + 1 < end) {
    const word = readFlagWord(line, at, { end, escapeToken });
    at = word.end;
    if (word.text === "--" && at < end) break;
    if (word.text !== "" && word.text !== "--") flags.push(flagOf(word.text, line, word));
    at = skipSpaces(line.text, at, end);
  }
  return { flags, rest: { line, start: at, end } };
}

/** The flag as one word, as it would be written without quotes. */
export function flagText({ name, value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

interface FlagWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function readFlagWord(
  line: LogicalLine,
  start: number,
  { end, escapeToken }: { end: number; escapeToken: EscapeToken },
): FlagWord {
  let text = "";
  let quote = "";
  let at = start;
  while (at < end) {
    const char = line.text[at] ?? "";
    if (quote === "" && isSpace(char)) break;
    if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else if (char === escapeToken) {
      at += 1;
      text += at < end ? line.text[at] : "";
    } else text += char;
    at += 1;
  }
  return { text, start, end: Math.min(at, end) };
}

function flagOf(text: string, line: LogicalLine, { start, end }: FlagWord): Flag {
  const equals = text.indexOf("=");
  const range = rangeOf(line, start, end);
  return equals < 0
    ? { name: text.slice(2), value: undefined, range }
    : { name: text.slice(2, equals), value: text.slice(equals + 1), range };
}
