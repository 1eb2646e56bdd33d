import { TsbuildError } from "@tsbuild/oci";
import type { Diagnostic, Range } from "@tsbuild/parser";
import { Interrupted } from "./interrupts.ts";
import type { Terminal } from "./terminal.ts";
import { codeFrame } from "./text/code-frame.ts";

/** A Dockerfile as the user knows it. */
export interface SourceText {
  /** The path as it was given. */
  readonly fileName: string;
  readonly text: string;
}

/** An error together with the text that its ranges are about. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  readonly source: SourceText;

  constructor(source: SourceText, options: { readonly cause: unknown }) {
    super(`cannot build ${source.fileName}`, options);
    this.source = source;
  }
}

/** Tells on stderr what went wrong and returns the exit code. */
export function report(error: unknown, options: { readonly terminal: Terminal; readonly debug?: boolean }): number {
  const { stderr } = options.terminal;
  const plain = error instanceof SourceError ? error.cause : error;
  if (plain instanceof Interrupted) {
    stderr.write(`${plain.message}\n`);
    return 130;
  }
  stderr.write(`${renderError(plain, error instanceof SourceError ? error.source : undefined)}\n`);
  if (options.debug && plain instanceof Error) stderr.write(`${plain.stack}\n`);
  return TsbuildError.is(plain, "USAGE") ? 2 : 1;
}

/** What may stand on a BuildError: read by shape, since an error can come from another installed copy. */
interface Details {
  readonly vertexName?: string;
  readonly range?: Range;
  readonly diagnostics?: readonly Diagnostic[];
  readonly logTail?: readonly string[];
}

/** The error as text: where, what, why, and what to do. */
export function renderError(error: unknown, source?: SourceText): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  const { vertexName, range, diagnostics = [], logTail = [] } = error as Details;
  if (source !== undefined && diagnostics.length > 0)
    return [renderMistakes(diagnostics, source), ...causes(error)].join("\n");
  const parts: string[] = [];
  if (logTail.length > 0) {
    parts.push(` > ${vertexName ?? "the last lines of the output"}:`, ...logTail.map((line) => `   | ${line}`), "");
  }
  if (source !== undefined && range !== undefined) {
    parts.push(`${source.fileName}:${range.start.line}`, codeFrame(source.text, range), "");
  }
  parts.push(`error: ${error.message}`, ...causes(error));
  if (TsbuildError.is(error) && error.hint !== undefined) parts.push(`hint: ${error.hint}`);
  return parts.join("\n");
}

function renderMistakes(diagnostics: readonly Diagnostic[], source: SourceText): string {
  const count = diagnostics.length === 1 ? "a mistake" : `${diagnostics.length} mistakes`;
  const frames = diagnostics.map((diagnostic) => `${renderDiagnostic(diagnostic, source)}\n`);
  return [...frames, `error: ${source.fileName} has ${count}`].join("\n");
}

/** A diagnostic with its place: `Dockerfile:3: error: message (CODE)`, the lines, the hint. */
export function renderDiagnostic(diagnostic: Diagnostic, { fileName, text }: SourceText): string {
  const { line, column } = diagnostic.range.start;
  const lines = [
    `${fileName}:${line}:${column + 1}: ${diagnostic.severity}: ${diagnostic.message} (${diagnostic.code})`,
    codeFrame(text, diagnostic.range),
  ];
  if (diagnostic.hint !== undefined) lines.push(`hint: ${diagnostic.hint}`);
  if (diagnostic.url !== undefined) lines.push(`see:  ${diagnostic.url}`);
  return lines.join("\n");
}

/** What is underneath, as far as it says something new. */
function causes(error: Error): string[] {
  const lines: string[] = [];
  let said = error.message;
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if (cause.message === "" || said.includes(cause.message)) continue;
    said += cause.message;
    lines.push(`cause: ${cause.message}`);
  }
  return lines;
}
