import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Diagnostic, type LintOptions, lintDockerfile, parseDockerfile, parseIgnoreFile } from "@tsbuild/parser";
import type { SourceText } from "../report.ts";

/** A Dockerfile and what there is to say about it, in the order of the lines. */
export interface LintedSource {
  readonly source: SourceText;
  readonly diagnostics: readonly Diagnostic[];
}

export function lintSource(source: SourceText, options: LintOptions): LintedSource {
  const parsed = parseDockerfile(source.text);
  const found = [...parsed.diagnostics, ...lintDockerfile(parsed, options)];
  return { source, diagnostics: found.toSorted(byPlace) };
}

/** The patterns of the ignore file that goes with a Dockerfile in its folder; undefined where there is none. */
export function ignorePatternsFor(file: string, cwd: string): LintOptions["ignorePatterns"] {
  if (file === "-") return undefined;
  const path = resolve(cwd, file);
  const found = [`${path}.dockerignore`, join(dirname(path), ".dockerignore")].find((name) => existsSync(name));
  return found === undefined ? undefined : parseIgnoreFile(readFileSync(found, "utf8")).patterns;
}

function byPlace({ range: { start: left } }: Diagnostic, { range: { start: right } }: Diagnostic): number {
  return left.line - right.line || left.column - right.column;
}
