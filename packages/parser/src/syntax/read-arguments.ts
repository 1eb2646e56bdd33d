import type { KeyValue, Word } from "../ast.ts";
import { isSpace, quote, skipSpaces } from "../text/go-strings.ts";
import { Problem, replacement } from "../text/problem.ts";
import { readJsonForm } from "./json-form.ts";
import { rangeOf } from "./logical-line.ts";
import type { EscapeToken } from "./scan.ts";
import { type Span, spanText, splitBlanks, splitFirstBlank, splitQuoted, wordOf } from "./words.ts";

export interface Arguments {
  readonly args: readonly Word[];
  readonly pairs: readonly KeyValue[];
  readonly json: boolean;
}

type ArgumentsReader = (span: Span, escapeToken: EscapeToken) => Arguments;

const NONE: Arguments = { args: [], pairs: [], json: false };

/** How each instruction splits what stands behind its flags; `onbuild` is no list of words and not among them. */
export const ARGUMENT_READERS: Readonly<Record<string, ArgumentsReader>> = {
  add: readJsonOrWords,
  arg: readQuotedWords,
  cmd: readJsonOrText,
  copy: readJsonOrWords,
  entrypoint: readJsonOrText,
  env: (span, escapeToken) => readPairs(span, "ENV", escapeToken),
  expose: readWords,
  from: readWords,
  healthcheck: readHealthcheck,
  label: (span, escapeToken) => readPairs(span, "LABEL", escapeToken),
  maintainer: readText,
  run: readJsonOrText,
  shell: readJsonOrText,
  stopsignal: readText,
  user: readText,
  volume: readJsonOrWords,
  workdir: readText,
};

function words(args: readonly Word[]): Arguments {
  return { ...NONE, args };
}

function readText(span: Span): Arguments {
  return span.start === span.end ? NONE : words([wordOf(span)]);
}

function readWords(span: Span): Arguments {
  return words(splitBlanks(span).map(wordOf));
}

function readQuotedWords(span: Span, escapeToken: EscapeToken): Arguments {
  return words(splitQuoted(span, escapeToken).map(wordOf));
}

function readJsonOrText(span: Span): Arguments {
  const args = readJsonForm(span);
  return args === undefined ? readText(span) : { ...NONE, args, json: true };
}

function readJsonOrWords(span: Span): Arguments {
  const args = readJsonForm(span);
  return args === undefined ? readWords(span) : { ...NONE, args, json: true };
}

/** `CMD` or `NONE`, and a command. */
function readHealthcheck(span: Span): Arguments {
  const { line, start, end } = span;
  let at = start;
  while (at < end && !isSpace(line.text[at])) at += 1;
  if (at === start) return NONE;
  const command = readJsonOrText({ line, start: skipSpaces(line.text, at, end), end });
  return { ...command, args: [wordOf({ line, start, end: at }), ...command.args] };
}

/** `key=value ...`, or `key value with blanks`: what the first word has decides. */
function readPairs(span: Span, keyword: string, escapeToken: EscapeToken): Arguments {
  const found = splitQuoted(span, escapeToken);
  const [first] = found;
  if (first === undefined) return NONE;
  if (!spanText(first).includes("=")) return { ...NONE, pairs: [readLegacyPair(span, keyword)] };
  return { ...NONE, pairs: found.map(readPair) };
}

function readLegacyPair(span: Span, keyword: string): KeyValue {
  const [key, value] = splitFirstBlank(span);
  if (value !== undefined) return { key: wordOf(key), value: wordOf(value), legacy: true };
  throw new Problem("VALUE_MISSING", `${keyword} must have two arguments`, wordOf(span).range, {
    hint: `write ${keyword} ${spanText(key)}=value`,
  });
}

function readPair(word: Span): KeyValue {
  const { line, start, end } = word;
  const equals = line.text.indexOf("=", start);
  if (equals >= 0 && equals < end) {
    const key = wordOf({ line, start, end: equals });
    return { key, value: wordOf({ line, start: equals + 1, end }), legacy: false };
  }
  const text = spanText(word);
  const message = `Syntax error - can't find = in ${quote(text)}. Must be of the form: name=value`;
  const range = rangeOf(line, start, end);
  throw new Problem("VALUE_MISSING", message, range, {
    hint: "put a value that has blanks in double quotes",
    fix: replacement("Give it an empty value", range, `${text}=`),
  });
}
