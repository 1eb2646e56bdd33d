import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { readAll, TsbuildError } from "@tsbuild/oci";
import { formatDockerfile } from "@tsbuild/parser";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { renderDiagnostic } from "../report.ts";
import { usageError } from "../usage-error.ts";

/** The largest Dockerfile that is read. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_INDENT = 16;

interface FmtOptions {
  readonly check?: boolean;
  readonly indent: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("[file...]", "Dockerfiles, which are rewritten; - formats stdin to stdout", ["Dockerfile"])
    .option("--check", "write nothing; print the names of files that would change and exit 1")
    .option("--indent <blanks>", "of continued lines", "4")
    .action((files: string[], options: FmtOptions) => fmt(context, files, options));
}

async function fmt(context: Context, files: readonly string[], options: FmtOptions): Promise<void> {
  const indent = Number(options.indent);
  if (!Number.isInteger(indent) || indent < 0 || indent > MAX_INDENT) {
    throw usageError(`--indent ${options.indent}: a number from 0 to ${MAX_INDENT} is needed`);
  }
  for (const file of files) {
    const text = decode(file, await readBytes(context, file));
    const formatted = formatDockerfile(text, { indent });
    for (const diagnostic of formatted.diagnostics) {
      context.note(`${renderDiagnostic(diagnostic, { fileName: file, text })}\n`);
    }
    const isDifferent = formatted.text !== text;
    if (formatted.diagnostics.length > 0 || (options.check && isDifferent)) context.exit(1);
    if (options.check) {
      if (isDifferent) context.print(file);
    } else if (file === "-") context.terminal.stdout.write(formatted.text);
    else if (isDifferent) write(resolve(context.terminal.cwd, file), formatted.text);
  }
}

async function readBytes(context: Context, file: string): Promise<Uint8Array> {
  if (file === "-") return readAll(context.terminal.stdin, { limit: MAX_BYTES, signal: context.signal });
  const path = resolve(context.terminal.cwd, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw failure("DOCKERFILE_NOT_FOUND", `cannot read the Dockerfile ${path}`, cause);
  }
}

/** Strict: what is not UTF-8 would be written back as something else. */
function decode(file: string, content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw failure("TEXT_INVALID", `${file} is not UTF-8 and stays as it is`, cause);
  }
}

/** In place, so that links and permissions stay. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw failure("WRITE_FAILED", `cannot write ${path}`, cause);
  }
}

function failure(code: string, message: string, cause: unknown): TsbuildError {
  return new TsbuildError(code, message, { cause });
}
