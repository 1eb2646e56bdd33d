import { type Diagnostic, lintDockerfile, parseDockerfile } from "@tsbuild/parser";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readSource } from "../read-source.ts";
import { renderDiagnostic } from "../report.ts";
import { usageError } from "../usage-error.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("[file...]", "Dockerfiles; - is stdin", ["Dockerfile"])
    .option("--format <format>", "text or json", "text")
    .action((files: string[], options: { format: string }) => lint(context, files, options.format));
}

async function lint(context: Context, files: readonly string[], format: string): Promise<void> {
  if (format !== "text" && format !== "json") throw usageError(`--format ${format}: neither text nor json`);
  const color = context.terminal.stdout.isTTY && context.settings().color;
  const found: (Diagnostic & { readonly file: string })[] = [];
  for (const file of files) {
    const source = await readSource(context, file);
    for (const diagnostic of lintText(source.text)) {
      found.push({ file: source.fileName, ...diagnostic });
      if (format === "text") context.print(`${renderDiagnostic(diagnostic, source, { color })}\n`);
    }
  }
  if (format === "json") context.print(JSON.stringify(found, null, 2));
  if (found.some((diagnostic) => diagnostic.severity === "error")) context.exit(1);
}

/** Errors and what the rules find, in the order of the lines. */
export function lintText(text: string): Diagnostic[] {
  const { diagnostics } = parseDockerfile(text);
  return [...diagnostics, ...lintDockerfile(text)].toSorted(
    (a, b) => a.range.start.line - b.range.start.line || a.range.start.column - b.range.start.column,
  );
}
