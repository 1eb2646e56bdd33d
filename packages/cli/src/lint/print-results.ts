import type { Diagnostic } from "@tsbuild/parser";
import type { Context } from "../context.ts";
import { renderDiagnostic } from "../report.ts";
import { toAnnotations } from "./github.ts";
import type { Format } from "./lint-settings.ts";
import type { LintedSource } from "./lint-source.ts";
import { toSarif } from "./sarif.ts";

/** Writes findings to stdout. */
export function printResults(context: Context, linted: readonly LintedSource[], format: Format): void {
  if (format === "text") for (const line of textLines(context, linted)) context.print(line);
  else if (format === "github") for (const line of toAnnotations(linted)) context.print(line);
  else context.print(JSON.stringify(format === "sarif" ? toSarif(linted) : flat(linted), null, 2));
}

/** One line for people: how many of what. */
export function summary(linted: readonly LintedSource[], fixed: number): string {
  const all = linted.flatMap(({ diagnostics }) => diagnostics);
  const found = all.length === 0 ? "nothing found" : counts(all);
  const fixable = all.filter(({ fix }) => fix !== undefined && fix.unsafe !== true).length;
  const parts = [
    `${found} in ${plural(linted.length, "file")}`,
    ...(fixed === 0 ? [] : [`${fixed} mended`]),
    ...(fixable === 0 ? [] : [`${fixable} can be mended with --fix`]),
  ];
  return parts.join("; ");
}

function* textLines(context: Context, linted: readonly LintedSource[]): Iterable<string> {
  const color = context.terminal.stdout.isTTY && context.settings().color;
  for (const { source, diagnostics } of linted) {
    for (const diagnostic of diagnostics) yield `${renderDiagnostic(diagnostic, source, { color })}\n`;
  }
}

function flat(linted: readonly LintedSource[]): readonly (Diagnostic & { readonly file: string })[] {
  return linted.flatMap(({ source, diagnostics }) =>
    diagnostics.map((diagnostic) => ({ file: source.fileName, ...diagnostic })),
  );
}

function counts(diagnostics: readonly Diagnostic[]): string {
  const of = (wanted: Diagnostic["severity"]) => diagnostics.filter(({ severity }) => severity === wanted).length;
  const [errors, warnings, infos] = [of("error"), of("warning"), of("info")];
  return [
    ...(errors === 0 ? [] : [plural(errors, "error")]),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
    ...(infos === 0 ? [] : [`${infos} info`]),
  ].join(", ");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
