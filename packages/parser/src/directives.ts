import type { Directive } from "./ast.ts";
import { skipSpaces } from "./text/go-strings.ts";

const KNOWN_DIRECTIVES: ReadonlySet<string> = new Set(["syntax", "escape", "check"]);
const DIRECTIVE = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\t\n\f\r ].*)$/s;

/** Reads directives line by line; `feed` answers with the directive, a repetition's name, or undefined. */
export interface DirectiveReader {
  feed(line: string, lineNumber: number, column: number): Directive | { readonly repeated: string } | undefined;
}

/**
 * Directives stand in the first unbroken run of `# key=value` lines. An unknown key, a blank line, an ordinary comment or
 * an instruction ends the run, and what looks like a directive below it is a comment.
 */
export function createDirectiveReader(prefix = "#"): DirectiveReader {
  const seen = new Set<string>();
  let done = false;
  return {
    feed(line, lineNumber, column) {
      if (done) return undefined;
      const match = matchDirective(line, prefix);
      if (match === undefined) {
        done = true;
        return undefined;
      }
      if (seen.has(match.name)) return { repeated: match.name };
      seen.add(match.name);
      const range = {
        start: { line: lineNumber, column },
        end: { line: lineNumber, column: column + trimBlanksBack(line).length },
      };
      return { ...match, range };
    },
  };
}

/** The image that a Dockerfile, or a file in another language, asks to be built with. */
export interface SyntaxDirective {
  /** The first word: an image reference. */
  readonly image: string;
  /** The whole value: the image and what follows it. */
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * Finds `# syntax=image`, also as `// syntax=image` or `{"syntax": "image"}`, with or without a `#!` line in front, so that
 * files in any language can name the front end that understands them.
 */
export function detectSyntax(text: string): SyntaxDirective | undefined {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const shebang = body.startsWith("#!");
  const feed = body.indexOf("\n");
  const rest = shebang ? (feed < 0 ? "" : body.slice(feed + 1)) : body;
  const first = shebang ? 1 : 0;
  return findSyntax(rest, "#", first) ?? findSyntax(rest, "//", first) ?? findJsonSyntax(rest, first);
}

/** The directives at the top of a text whose comments begin with `prefix`; reading stops at a repeated one. */
export function readDirectives(text: string, prefix = "#", linesAbove = 0): readonly Directive[] {
  const reader = createDirectiveReader(prefix);
  const directives: Directive[] = [];
  let line = linesAbove;
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed;
    line += 1;
    const directive = reader.feed(text.slice(start, end), line, 0);
    if (directive === undefined || "repeated" in directive) break;
    directives.push(directive);
    start = end + 1;
  }
  return directives;
}

function findSyntax(text: string, prefix: string, linesAbove: number): SyntaxDirective | undefined {
  const found = readDirectives(text, prefix, linesAbove).find((directive) => directive.name === "syntax");
  if (found === undefined) return undefined;
  return { image: found.value.split(" ", 1)[0] ?? "", value: found.value, line: found.range.start.line };
}

function findJsonSyntax(text: string, line: number): SyntaxDirective | undefined {
  if (text[skipSpaces(text, 0)] !== "{") return undefined;
  try {
    const { syntax } = JSON.parse(text) as { syntax?: unknown };
    return typeof syntax === "string" ? { image: syntax, value: syntax, line } : undefined;
  } catch {
    return undefined;
  }
}

function matchDirective(line: string, prefix: string): { name: string; value: string } | undefined {
  if (!line.startsWith(prefix)) return undefined;
  const match = DIRECTIVE.exec(trimBlanksBack(line.slice(skipSpaces(line, prefix.length))));
  const name = match?.[1]?.toLowerCase();
  if (name === undefined || !KNOWN_DIRECTIVES.has(name)) return undefined;
  return { name, value: match?.[2] ?? "" };
}

/** Without trailing blanks; not a regular expression, because `\s*$` takes quadratic time on long runs of blanks. */
function trimBlanksBack(line: string): string {
  let end = line.length;
  while (end > 0 && "\t\n\f\r ".includes(line[end - 1] ?? "")) end -= 1;
  return line.slice(0, end);
}
