import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readAll, TsbuildError } from "@tsbuild/oci";
import type { Context } from "./context.ts";
import type { SourceText } from "./report.ts";

/** The largest Dockerfile that is read. */
export const MAX_DOCKERFILE_BYTES: number = 16 * 1024 * 1024;

/**
 * Reads a Dockerfile; `-` is stdin.
 * @throws TsbuildError DOCKERFILE_NOT_FOUND, CONTENT_TOO_LARGE
 */
export async function readSource(context: Context, file: string): Promise<SourceText> {
  if (file === "-") {
    const content = await readAll(context.terminal.stdin, { limit: MAX_DOCKERFILE_BYTES, signal: context.signal });
    return { fileName: "Dockerfile", text: Buffer.from(content).toString("utf8") };
  }
  const path = resolve(context.terminal.cwd, file);
  try {
    return { fileName: file, text: readFileSync(path, "utf8") };
  } catch (error) {
    throw notReadable(path, error);
  }
}

function notReadable(path: string, cause: unknown): TsbuildError {
  const hint = "name the file: -f FILE for a build";
  return new TsbuildError("DOCKERFILE_NOT_FOUND", `cannot read the Dockerfile ${path}`, { cause, hint });
}
