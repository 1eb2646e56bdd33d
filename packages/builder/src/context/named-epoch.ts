import type { AbortOptions } from "@tsbuild/oci";
import type { Dockerfile, Stage } from "@tsbuild/parser";
import { mistake } from "../dockerfile/dockerfile-error.ts";
import { isGitSource, isHttpSource } from "../dockerfile/remote-source.ts";
import { type FetchEnvironment, type FetchedContext, fetchContext } from "./fetch-context.ts";

export interface NamedEpochOptions extends AbortOptions {
  readonly env: FetchEnvironment;
  readonly fetched: ReadonlyMap<string, FetchedContext>;
  /** A new folder for what must be fetched to know its time. */
  readonly folder: string;
}

/**
 * The time that SOURCE_DATE_EPOCH stands for where it is a name: that of a context's commit or archive, or of the one
 * thing that a stage adds. Undefined where there is none: a folder has no time of its own.
 * @throws DockerfileError for a stage that is more than one source
 */
export async function namedEpoch(
  name: string,
  { stages }: Dockerfile,
  { env, fetched, folder, signal }: NamedEpochOptions,
): Promise<number | undefined> {
  const context = fetched.get(name);
  if (context !== undefined) return context.time;
  const stage = stages.find((candidate) => candidate.name === name.toLowerCase());
  if (stage === undefined) return undefined;
  const source = onlySource(stage);
  if (source === undefined)
    throw mistake("SOURCE_DATE_EPOCH stage does not meet source-only requirements", stage.from.range, {
      code: "BUILD_ARGUMENT_INVALID",
      hint: "the stage must be FROM scratch and one ADD of an address or a git repository",
    });
  return (await fetchContext(env, source, folder, signal === undefined ? {} : { signal })).time;
}

/** The address that is all of a stage. */
function onlySource({ from, instructions }: Stage): string | undefined {
  const [only, ...others] = instructions;
  if (from.image.text !== "scratch" || only?.kind !== "add" || others.length > 0) return undefined;
  const [source, ...more] = only.sources;
  if (source === undefined || more.length > 0 || "content" in source) return undefined;
  return isHttpSource(source.text) || isGitSource(source.text) ? source.text : undefined;
}
