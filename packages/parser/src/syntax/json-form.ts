import type { Word } from "../ast.ts";
import { skipSpaces } from "../text/go-strings.ts";
import { Problem } from "../text/problem.ts";
import { rangeOf } from "./logical-line.ts";
import { type Span, spanText } from "./words.ts";

/**
 * Reads `["a", "b"]`: the texts are what JSON says, the ranges include the quotes. Undefined where the text is no JSON
 * array: then it is in shell form.
 * @throws Problem where it is an array of anything but strings
 */
export function readJsonForm(span: Span): Word[] | undefined {
  const { line } = span;
  const start = skipSpaces(line.text, span.start, span.end);
  if (line.text[start] !== "[") return undefined;
  const values = parseArray(spanText({ ...span, start }));
  if (values === undefined) return undefined;
  const ranges = stringSpans({ ...span, start });
  return values.map((value, index) => {
    const { start, end } = ranges[index] ?? span;
    if (typeof value === "string") return { text: value, range: rangeOf(line, start, end) };
    const message = "when using JSON array syntax, arrays must be comprised of strings only";
    throw new Problem("JSON_FORM_INVALID", message, rangeOf(line, span.start, span.end), {
      hint: "put double quotes round each element",
    });
  });
}

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Where the string literals of an array stand; right for arrays of strings only, for others nobody asks. */
function stringSpans({ line, start, end }: Span): Span[] {
  const spans: Span[] = [];
  let opened = -1;
  for (let at = start; at < end; at += 1) {
    const char = line.text[at];
    if (char === "\\") at += 1;
    else if (char === '"' && opened < 0) opened = at;
    else if (char === '"') {
      spans.push({ line, start: opened, end: at + 1 });
      opened = -1;
    }
  }
  return spans;
}
