import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Builder, BuildResult, GraphDescription, SolveOptions } from "@tsbuild/builder";
import type { Context } from "../context.ts";
import type { SourceText } from "../report.ts";
import { usageError } from "../usage-error.ts";
import { namedContexts, readDockerfileRequest } from "./dockerfile-flags.ts";
import type { SolveFlags } from "./solve-flags.ts";
import { timesOf } from "./times-flags.ts";

/** What to build: a Dockerfile, or a graph that `compile` wrote. */
export interface BuildRequest {
  /** For messages. */
  readonly source: SourceText;
  start(builder: Builder, options: SolveOptions): Promise<BuildResult>;
}

/** @throws TsbuildError USAGE, CONTEXT_NOT_FOUND, DOCKERFILE_NOT_FOUND */
export async function readBuildRequest(
  context: Context,
  place: string,
  flags: SolveFlags & { readonly graph?: string },
): Promise<BuildRequest> {
  if (flags.graph !== undefined) return readGraphRequest(context, place, { ...flags, graph: flags.graph });
  const { options, source } = await readDockerfileRequest(context, place, flags);
  return { source, start: (builder, solve) => builder.buildDockerfile({ ...options, ...solve }) };
}

async function readGraphRequest(
  { terminal: { cwd }, settings, signal }: Context,
  place: string,
  flags: SolveFlags & { readonly graph: string },
): Promise<BuildRequest> {
  const graph = readJson(resolve(cwd, flags.graph));
  const folder = resolve(cwd, place);
  const contexts = { context: folder, ...namedContexts(flags.buildContext ?? [], cwd) };
  const environment = settings().epoch;
  const options = { contexts, ...(await timesOf(flags, { environment, buildArgs: {}, folder, signal })), signal };
  return {
    source: { fileName: flags.graph, text: "" },
    start: (builder, solve) => builder.solveGraph(graph, { ...options, ...solve }),
  };
}

/** Whether it is a graph, the builder finds out. */
function readJson(file: string): GraphDescription {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as GraphDescription;
  } catch (cause) {
    throw usageError(`--graph ${file}: no file with JSON`, { cause });
  }
}
