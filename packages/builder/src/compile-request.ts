import { rmSync } from "node:fs";
import { hostPlatform, type Platform } from "@tsbuild/oci";
import { type ParseResult, parseDockerfile } from "@tsbuild/parser";
import type { FetchEnvironment } from "./context/fetch-context.ts";
import { namedEpoch } from "./context/named-epoch.ts";
import type { PreparedContexts } from "./context/prepare-contexts.ts";
import { readDockerfile } from "./context/read-dockerfile.ts";
import { globalArguments } from "./dockerfile/arguments.ts";
import { compileDockerfile } from "./dockerfile/compile.ts";
import type { CompileOptions } from "./dockerfile/compile-options.ts";
import type { Compiled } from "./graph/compiled.ts";
import type { ImageResolver } from "./image-resolver.ts";
import { defined, platformsOf } from "./solve-options.ts";

/** What a request for a Dockerfile comes to. */
export interface CompiledRequest {
  /** One for each platform. */
  readonly compiled: readonly [Compiled, ...Compiled[]];
  /** Where the Dockerfile is, if it is a file. */
  readonly dockerfile: string | undefined;
}

/**
 * Reads the Dockerfile of a request and compiles it for each platform.
 * @throws BuildError, DockerfileError
 */
export async function compileRequest(
  env: FetchEnvironment,
  prepared: PreparedContexts,
  { resolveImage }: { readonly resolveImage: ImageResolver },
): Promise<CompiledRequest> {
  const { request } = prepared;
  const { signal } = request;
  const { text, path } = readDockerfile(request);
  request.onDockerfile?.({ text, path });
  const parsed = parseDockerfile(text);
  const [first, ...others] = platformsOf(request);
  const epoch = await epochArgument(env, prepared, parsed, compileOptions(prepared, first));
  const compile = (platform: Platform): Promise<Compiled> => {
    const options = compileOptions(prepared, platform);
    const buildArgs = { ...options.buildArgs, ...epoch };
    return compileDockerfile(parsed, { ...options, buildArgs }, { resolveImage, signal });
  };
  const compiled = await Promise.all([compile(first), ...others.map(compile)]);
  return { compiled: compiled as [Compiled, ...Compiled[]], dockerfile: path };
}

function compileOptions({ request, fetched }: PreparedContexts, platform: Platform): CompileOptions {
  const { context, target, buildArgs, labels, noCache, noCacheFilter } = request;
  const { network, hostname, extraHosts, namedContexts } = request;
  const { title } = fetched.get("context") ?? {};
  return {
    platform,
    buildPlatform: hostPlatform(),
    multiPlatform: platformsOf(request).length > 1,
    ...defined({ target, buildArgs, labels, noCache, noCacheFilter, network, hostname, extraHosts, namedContexts }),
    ...(context === undefined ? {} : { context: { directory: context, ...defined({ title }) } }),
  };
}

/** SOURCE_DATE_EPOCH as a number, where it is given as the name of a context or a stage. */
async function epochArgument(
  env: FetchEnvironment,
  { request, fetched }: PreparedContexts,
  { dockerfile, diagnostics }: ParseResult,
  options: CompileOptions,
): Promise<Readonly<Record<string, string>>> {
  if (diagnostics.some(({ severity }) => severity === "error")) return {};
  const value = request.buildArgs?.SOURCE_DATE_EPOCH ?? globalArguments(dockerfile, options).get("SOURCE_DATE_EPOCH");
  if (value === undefined || !/^[a-z]/i.test(value)) return {};
  const folder = env.store.temporaryPath();
  try {
    const names = new Set([...Object.keys(request.namedContexts ?? {}), "context"]);
    const isName = names.has(value) || dockerfile.stages.some(({ name }) => name === value.toLowerCase());
    if (!isName) return {};
    const time = await namedEpoch(value, dockerfile, { env, fetched, folder, ...defined({ signal: request.signal }) });
    return { SOURCE_DATE_EPOCH: time === undefined ? "" : String(time) };
  } finally {
    for (const path of [folder, `${folder}.files`]) rmSync(path, { recursive: true, force: true });
  }
}
