import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { ContextPlace } from "@tsbuild/builder";
import { TsbuildError } from "@tsbuild/oci";
import type { Context } from "./context.ts";
import { readSource } from "./read-source.ts";
import { readStdinContext } from "./read-stdin-context.ts";
import type { SourceText } from "./report.ts";
import { usageError } from "./usage-error.ts";

/** Where a build's context and Dockerfile are. */
export interface FoundDockerfile {
  /** Undefined: the Dockerfile comes with the context, which is elsewhere. */
  readonly source?: SourceText;
  readonly context?: ContextPlace;
  readonly dockerfile?: string;
  readonly dockerfileText?: string;
}

/**
 * Finds them as Docker does: PLACE is a folder, `-`, or an address; `-f` is a file of this machine, or of a context from
 * elsewhere; `-f -` is stdin.
 * @throws TsbuildError USAGE, CONTEXT_NOT_FOUND, DOCKERFILE_NOT_FOUND
 */
export async function findDockerfile(
  context: Context,
  place: string,
  file: string | undefined,
): Promise<FoundDockerfile> {
  if (place === "-") return onStdin(context, file);
  const { isElsewhere } = await import("@tsbuild/builder");
  const isAddress = isElsewhere(place);
  const where = isAddress ? place : contextFolder(context, place);
  if (file === "-") {
    const source = await readSource(context, "-");
    return { source, context: where, dockerfileText: source.text };
  }
  if (isAddress) return { context: where, ...(file === undefined ? {} : { dockerfile: file }) };
  const dockerfile = dockerfilePath(context.terminal.cwd, where, file);
  const shown = relative(context.terminal.cwd, dockerfile);
  return {
    source: await readSource(context, shown.startsWith("..") ? dockerfile : shown),
    context: where,
    dockerfile,
  };
}

/** A Dockerfile alone, or an archive with one in it. */
async function onStdin(context: Context, file: string | undefined): Promise<FoundDockerfile> {
  if (file === "-") throw usageError("context and Dockerfile cannot both come from stdin");
  const content = await readStdinContext(context);
  if ("archive" in content) return { context: content, ...(file === undefined ? {} : { dockerfile: file }) };
  if (file !== undefined) throw usageError("-f makes no sense with a Dockerfile on stdin");
  return { source: { fileName: "Dockerfile", text: content.text }, dockerfileText: content.text };
}

function contextFolder(context: Context, place: string): string {
  const folder = resolve(context.terminal.cwd, place);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new TsbuildError("CONTEXT_NOT_FOUND", `the build context ${folder} is not a folder`, {
    hint: 'the last argument of "tsbuild build" is the folder with the files to copy, often "."',
  });
}

/** As Docker: `-f` is relative to where the command was started; a file of the context is found too. */
function dockerfilePath(cwd: string, folder: string, file: string | undefined): string {
  if (file !== undefined) {
    const here = resolve(cwd, file);
    return existsSync(here) ? here : ([resolve(folder, file)].find(existsSync) ?? here);
  }
  const [first = "", ...others] = ["Dockerfile", "dockerfile"].map((name) => join(folder, name));
  return [first, ...others].find(existsSync) ?? first;
}
