import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type {
  Builder,
  BuildResult,
  DockerfileOptions,
  DockerfileText,
  GraphDescription,
  SolveOptions,
} from "@tsbuild/builder";
import { parseNamedContexts } from "../arguments/named-context.ts";
import { refuseViolations } from "../build-warnings.ts";
import type { Context } from "../context.ts";
import type { SourceText } from "../report.ts";
import { usageError } from "../usage-error.ts";
import { readDockerfileRequest } from "./dockerfile-flags.ts";
import type { SolveFlags } from "./solve-flags.ts";
import { timesOf } from "./times-flags.ts";

/** What to build: a Dockerfile, or a graph that `compile` wrote. */
export interface BuildRequest {
  /** For messages. */
  source(): SourceText | undefined;
  /** Undefined for a graph. */
  readonly options?: DockerfileOptions;
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
  const onDockerfile = (dockerfile: DockerfileText): void => {
    options.onDockerfile?.(dockerfile);
    refuseViolations(dockerfile.text, options);
  };
  const start: BuildRequest["start"] = (builder, solve) =>
    builder.buildDockerfile({ ...options, ...solve, onDockerfile });
  return { source, options, start };
}

async function readGraphRequest(
  { terminal: { cwd }, settings, signal }: Context,
  place: string,
  flags: SolveFlags & { readonly graph: string },
): Promise<BuildRequest> {
  const graph = readJson(resolve(cwd, flags.graph));
  const folder = resolve(cwd, place);
  const contexts = {
    context: folder,
    ...parseNamedContexts(flags.buildContext ?? [], { cwd, isElsewhere: () => false }),
  };
  const environment = settings().epoch;
  const options = { contexts, ...(await timesOf(flags, { environment, buildArgs: {}, folder, signal })), signal };
  return {
    source: () => ({ fileName: flags.graph, text: "" }),
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
