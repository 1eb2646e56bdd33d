import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { type FixOptions, fixDockerfile } from "@tsbuild/parser";
import type { Context } from "../context.ts";
import type { SourceText } from "../report.ts";

/** The mended text, and how many findings were mended. */
export interface FixedSource {
  readonly source: SourceText;
  readonly count: number;
}

/**
 * Mends a Dockerfile and writes it back in place, so that links and permissions stay; `-` goes to stdout.
 * @throws TsbuildError TEXT_INVALID for a file that is not UTF-8 and would be written back as something else, WRITE_FAILED
 */
export function fixSource(context: Context, file: string, source: SourceText, options: FixOptions): FixedSource {
  const { text, applied } = fixDockerfile(source.text, options);
  if (file === "-") context.terminal.stdout.write(text);
  else if (text !== source.text) rewrite(resolve(context.terminal.cwd, file), source.text, text);
  return { source: { ...source, text }, count: applied.length };
}

function rewrite(path: string, before: string, text: string): void {
  try {
    if (!readFileSync(path).equals(Buffer.from(before))) throw changed(path);
    writeFileSync(path, text);
  } catch (error) {
    throw TsbuildError.is(error) ? error : notWritable(path, error);
  }
}

function changed(path: string): TsbuildError {
  return new TsbuildError("TEXT_INVALID", `${path} is not UTF-8, or changes just now: it stays as it is`);
}

function notWritable(path: string, cause: unknown): TsbuildError {
  return new TsbuildError("WRITE_FAILED", `cannot write ${path}`, { cause });
}
