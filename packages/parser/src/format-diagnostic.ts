import type { Diagnostic } from "./diagnostic.ts";
import type { Range } from "./position.ts";

export interface FormatOptions {
  /**
   * Shown in front of the position.
   * @default "Dockerfile"
   */
  readonly fileName?: string;
  /**
   * With ANSI colours.
   * @default false
   */
  readonly color?: boolean;
}

/** Lines shown above and below the range. */
const CONTEXT_LINES = 2;
/** Of a longer range only the first lines are shown. */
const MAX_LINES = 10;
/** A longer line is cut, so that a minified script does not fill the screen. */
const MAX_WIDTH = 160;

type Paint = (style: "bold" | "red" | "yellow" | "blue" | "cyan" | "dim", text: string) => string;

const CODES = { bold: 1, red: 31, yellow: 33, blue: 34, cyan: 36, dim: 2 } as const;

/**
 * A diagnostic with the lines it is about, `>>>` in front of them and carets below:
 *
 * ```text
 * error: unknown instruction: RNU (did you mean RUN?) [UNKNOWN_INSTRUCTION]
 *   --> Dockerfile:2:1
 *      1 | FROM alpine
 * >>>  2 | RNU make
 *        | ^^^
 *   hint: write RUN
 * ```
 */
export function formatDiagnostic(diagnostic: Diagnostic, text: string, options: FormatOptions = {}): string {
  const { code, severity, message, range, hint, url, fix } = diagnostic;
  const paint = painter(options.color ?? false);
  const place = `${options.fileName ?? "Dockerfile"}:${range.start.line}:${range.start.column + 1}`;
  const head = `${paint(severity === "error" ? "red" : "yellow", severity)}: ${paint("bold", escapeControls(message))} ${paint("dim", `[${code}]`)}`;
  const notes = [
    ...(hint === undefined ? [] : [`  ${paint("cyan", "hint")}: ${escapeControls(hint)}`]),
    ...(fix === undefined ? [] : [`  ${paint("cyan", "fix")}: ${escapeControls(fix.title)}`]),
    ...(url === undefined ? [] : [`  ${paint("dim", url)}`]),
  ];
  return [head, `  ${paint("blue", "-->")} ${place}`, ...codeFrame(text, range, paint), ...notes].join("\n");
}

function codeFrame(text: string, range: Range, paint: Paint): string[] {
  const lines = text.split("\n");
  const last = Math.min(
    range.end.column === 0 && range.end.line > range.start.line ? range.end.line - 1 : range.end.line,
    lines.length,
  );
  const shownLast = Math.min(last, range.start.line + MAX_LINES - 1);
  const from = Math.max(1, range.start.line - CONTEXT_LINES);
  const to = Math.min(lines.length, shownLast + (shownLast === last ? CONTEXT_LINES : 0));
  const width = String(to).length;
  const frame: string[] = [];
  for (let line = from; line <= to; line += 1) {
    const isInside = line >= range.start.line && line <= shownLast;
    const content = escapeControls(cut(withoutCarriageReturn(lines[line - 1] ?? "")));
    const gutter = `${String(line).padStart(width)} ${paint("blue", "|")}`;
    frame.push(`${isInside ? paint("red", ">>>") : "   "} ${gutter} ${content}`.trimEnd());
    const carets = range.start.line === range.end.line && isInside ? caretsUnder(lines[line - 1] ?? "", range) : "";
    if (carets !== "") frame.push(`    ${" ".repeat(width)} ${paint("blue", "|")} ${paint("red", carets)}`);
  }
  if (shownLast < last) frame.push(`    ${paint("dim", `... ${last - shownLast} more lines`)}`);
  return frame;
}

/** Tabs stay tabs, so that carets stand right whatever their width. */
function caretsUnder(line: string, { start, end }: Range): string {
  if (start.column >= MAX_WIDTH) return "";
  const indent = line.slice(0, start.column).replace(/[^\t]/g, " ");
  return indent + "^".repeat(Math.max(1, Math.min(end.column, line.length, MAX_WIDTH) - start.column));
}

function cut(line: string): string {
  return line.length > MAX_WIDTH ? `${line.slice(0, MAX_WIDTH)}...` : line;
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** A file must not be able to write escape sequences to somebody's terminal. */
function escapeControls(text: string): string {
  return text.replace(/(?!\t)\p{Cc}/gu, "\ufffd");
}

function painter(color: boolean): Paint {
  return (style, text) => (color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}
