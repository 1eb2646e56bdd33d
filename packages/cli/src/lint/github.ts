import type { Diagnostic } from "@tsbuild/parser";
import type { LintedSource } from "./lint-source.ts";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;

/** Lines that GitHub Actions shows at their place in a pull request. */
export function toAnnotations(linted: readonly LintedSource[]): string[] {
  return linted.flatMap(({ source, diagnostics }) =>
    diagnostics.map((diagnostic) => annotationOf(diagnostic, source.fileName)),
  );
}

function annotationOf({ code, severity, message, range, hint }: Diagnostic, file: string): string {
  const { start, end } = range;
  // Columns count only within one line.
  const columns = start.line === end.line ? { col: start.column + 1, endColumn: end.column + 1 } : {};
  const properties = { file, line: start.line, endLine: end.line, ...columns, title: code };
  const fields = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const text = hint === undefined ? message : `${message}\n${hint}`;
  return `::${COMMANDS[severity]} ${fields.join(",")}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
