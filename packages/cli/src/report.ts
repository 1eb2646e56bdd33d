import { TsbuildError } from "@tsbuild/oci";
import { type Diagnostic, formatDiagnostic, type Range } from "@tsbuild/parser";
import { Interrupted } from "./interrupts.ts";
import type { Terminal } from "./terminal.ts";

/** A Dockerfile as the user knows it. */
export interface SourceText {
  /** The path as it was given. */
  readonly fileName: string;
  readonly text: string;
}

/** An error together with the text that its ranges are about. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  readonly source: SourceText | undefined;

  constructor(source: SourceText | undefined, options: { readonly cause: unknown }) {
    super(`cannot build ${source?.fileName ?? "the context"}`, options);
    this.source = source;
  }
}

/** Tells on stderr what went wrong and returns the exit code. */
export function report(error: unknown, options: { readonly terminal: Terminal; readonly debug?: boolean }): number {
  const { stderr, env } = options.terminal;
  const plain = error instanceof SourceError ? error.cause : error;
  if (plain instanceof Interrupted) {
    stderr.write(`${plain.message}\n`);
    return 130;
  }
  const source = error instanceof SourceError ? error.source : undefined;
  stderr.write(`${renderError(plain, { source, color: stderr.isTTY && !env.NO_COLOR })}\n`);
  if (options.debug && plain instanceof Error) stderr.write(`${plain.stack}\n`);
  return TsbuildError.is(plain, "USAGE") ? 2 : 1;
}

/** How an error is shown. */
export interface RenderOptions {
  /** The text that the error's ranges are about. */
  readonly source?: SourceText | undefined;
  readonly color?: boolean;
}

/** What may stand on a BuildError: read by shape, since an error can come from another installed copy. */
interface Details {
  readonly vertexName?: string;
  readonly range?: Range;
  readonly diagnostics?: readonly Diagnostic[];
  readonly logTail?: readonly string[];
}

/** The error as text: the last output, what, where, why, and what to do. */
export function renderError(error: unknown, { source, color = false }: RenderOptions = {}): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  const { vertexName, logTail = [] } = error as Details;
  const tail = logTail.length === 0 ? [] : [` > ${vertexName ?? "the last lines"}:`, ...logTail.map(indent), ""];
  const mistakes = source === undefined ? [] : diagnosticsOf(error);
  if (source !== undefined && mistakes.length > 0) {
    const shown = mistakes.map((diagnostic) => renderDiagnostic(diagnostic, source, { color })).join("\n\n");
    return [...tail, shown, ...causes(error)].join("\n");
  }
  const hint = TsbuildError.is(error) && error.hint !== undefined ? [`hint: ${error.hint}`] : [];
  return [...tail, `error: ${error.message}`, ...causes(error), ...hint].join("\n");
}

/** A diagnostic with the lines that it is about. */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  { fileName, text }: SourceText,
  { color = false }: Pick<RenderOptions, "color"> = {},
): string {
  return formatDiagnostic(diagnostic, text, { fileName, color });
}

/** The mistakes that an error lists, or the error itself where it stands at a place. */
function diagnosticsOf(error: Error): readonly Diagnostic[] {
  const { diagnostics = [], range } = error as Details;
  if (diagnostics.length > 0 || range === undefined || !TsbuildError.is(error)) return diagnostics;
  const { code, message, hint } = error;
  return [{ code, severity: "error", message, range, ...(hint === undefined ? {} : { hint }) }];
}

function indent(line: string): string {
  return `   | ${line}`;
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
