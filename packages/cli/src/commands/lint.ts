import type { Diagnostic } from "@tsbuild/parser";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { findDockerfiles } from "../lint/find-dockerfiles.ts";
import { fixSource } from "../lint/fix-source.ts";
import { FORMATS, type LintFlags, type LintSettings, reaches, readLintSettings } from "../lint/lint-settings.ts";
import { ignorePatternsFor, type LintedSource, lintSource } from "../lint/lint-source.ts";
import { listRules } from "../lint/list-rules.ts";
import { printResults, summary } from "../lint/print-results.ts";
import { readSource } from "../read-source.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("[file...]", "Dockerfiles, or folders to search for them; - is stdin", ["Dockerfile"])
    .option("--format <format>", FORMATS.join(", "), "text")
    .option("--severity <severity>", "exit with 1 from here on: error, warning or info", "warning")
    .option("--skip <rule>", "leave a rule out", collect)
    .option("--only <rule>", "leave all other rules out", collect)
    .option("--enable <rule>", "check a rule that is off, or all", collect)
    .option("--set-severity <rule=severity>", "take a rule's findings as error, warning or info", collect)
    .option("--fix", "mend what can be mended without a change to what is built")
    .option("--unsafe-fixes", "mend also what may change what is built")
    .option("--list-rules", "print the rules")
    .action((files: string[], flags: LintFlags) => lint(context, files, flags));
}

async function lint(context: Context, words: readonly string[], flags: LintFlags): Promise<void> {
  const settings = readLintSettings(flags);
  if (flags.listRules) return context.print(listRules(settings.format));
  const linted: LintedSource[] = [];
  let fixed = 0;
  for (const file of await findDockerfiles(words, context.terminal.cwd)) {
    const result = await lintFile(context, file, settings);
    fixed += result.fixed;
    linted.push(result);
  }
  // The mended text of stdin goes to stdout: what is left to say goes elsewhere.
  const out = settings.fix && words.includes("-") ? { ...context, print: context.note } : context;
  printResults(out, linted, settings.format);
  if (settings.format === "text") context.note(summary(linted, fixed));
  const isGrave = (diagnostic: Diagnostic) => reaches(diagnostic, settings.threshold);
  if (linted.some(({ diagnostics }) => diagnostics.some(isGrave))) context.exit(1);
}

async function lintFile(
  context: Context,
  file: string,
  settings: LintSettings,
): Promise<LintedSource & { fixed: number }> {
  const original = await readSource(context, file);
  const ignorePatterns = ignorePatternsFor(file, context.terminal.cwd);
  const options = { ...settings.options, ...(ignorePatterns === undefined ? {} : { ignorePatterns }) };
  const { source, count } = settings.fix ? fixSource(context, file, original, options) : { source: original, count: 0 };
  return { ...lintSource(source, options), fixed: count };
}
