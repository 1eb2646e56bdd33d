import { homedir } from "node:os";
import { defaultRoot, formatPlatform, hostPlatform, openStore, type Platform, parsePlatform } from "@tsbuild/oci";
import { parseDockerfile } from "@tsbuild/parser";
import { createRegistryClient } from "@tsbuild/registry-client";
import type { Runtime } from "@tsbuild/runtime";
import { type BuildEnvironment, buildGraph } from "./build-graph.ts";
import type { Builder, BuilderOptions, DockerfileOptions, SolveOptions } from "./builder.ts";
import { type DockerfileText, readDockerfile } from "./context/read-dockerfile.ts";
import { compileDockerfile } from "./dockerfile/compile.ts";
import type { CompileOptions } from "./dockerfile/compile-options.ts";
import { compileState } from "./graph/compile-state.ts";
import type { Compiled } from "./graph/compiled.ts";
import type { StateOptions } from "./graph/state-draft.ts";
import { createImageResolver, type ImageResolver } from "./image-resolver.ts";
import { fetchDownload } from "./ops/download.ts";
import { pruneCache } from "./prune-cache.ts";

/**
 * Opens a builder: a store, a registry client and, at the first RUN that has to run, a runtime. What it opened itself it
 * closes; what it was given stays open.
 */
export async function createBuilder(options: BuilderOptions = {}): Promise<Builder> {
  const store = options.store ?? (await openStore(options.root ?? defaultRoot({}, homedir())));
  const registry = options.registry ?? createRegistryClient();
  const runtime = lazyRuntime(options, store);
  const env: BuildEnvironment = { store, registry, runtime: runtime.open, download: fetchDownload() };
  const resolver = ({ pull }: SolveOptions): ImageResolver => createImageResolver({ store, registry, pull });
  const close = async (): Promise<void> => {
    await runtime.close();
    if (options.registry === undefined) await registry.close();
    if (options.store === undefined) await store.close();
  };
  return {
    store,
    async buildDockerfile(request) {
      request.onEvent?.({ type: "build.started", time: Date.now() });
      const source = readDockerfile(request);
      const resolveImage = resolver(request);
      const compiled = await Promise.all(
        platformsOf(request).map((platform) => compile(source, request, { platform, resolveImage })),
      );
      return buildGraph(env, { compiled, resolveImage, dockerfile: source.path }, request);
    },
    async build(state, request = {}) {
      request.onEvent?.({ type: "build.started", time: Date.now() });
      const resolveImage = resolver(request);
      const ports = { resolveImage, signal: request.signal };
      const compiled = await Promise.all(
        platformsOf(request).map((platform) => compileState(state, stateOptions(request, platform), ports)),
      );
      return buildGraph(env, { compiled, resolveImage }, request);
    },
    compileDockerfile: (request) => {
      const [platform = hostPlatform()] = platformsOf(request);
      return compile(readDockerfile(request), request, { platform, resolveImage: resolver(request) });
    },
    prune: (request) => pruneCache(store, request),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function compile(
  { text }: DockerfileText,
  request: DockerfileOptions,
  { platform, resolveImage }: { readonly platform: Platform; readonly resolveImage: ImageResolver },
): Promise<Compiled> {
  const { context, signal } = request;
  const { target, buildArgs, labels, noCache, noCacheFilter, network, hostname, extraHosts, namedContexts } = request;
  const options: CompileOptions = {
    platform,
    buildPlatform: hostPlatform(),
    multiPlatform: platformsOf(request).length > 1,
    ...defined({ target, buildArgs, labels, noCache, noCacheFilter, network, hostname, extraHosts, namedContexts }),
    ...(context === undefined ? {} : { context: { directory: context } }),
  };
  return compileDockerfile(parseDockerfile(text), options, { resolveImage, signal });
}

function stateOptions(request: SolveOptions, platform: Platform): StateOptions {
  const { network, extraHosts, noCache } = request;
  return { platform, ...defined({ network, extraHosts, noCache }) };
}

/** The platforms asked for, each once. */
function platformsOf({ platform }: SolveOptions): readonly Platform[] {
  if (platform === undefined) return [hostPlatform()];
  const byName = new Map(
    platform.split(",").map((text) => {
      const parsed = parsePlatform(text.trim());
      return [formatPlatform(parsed), parsed] as const;
    }),
  );
  return [...byName.values()];
}

/** The members that have a value: an optional member that is undefined is not the same as none. */
function defined<Members extends object>(members: Members): { [Name in keyof Members]?: NonNullable<Members[Name]> } {
  const found = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(found) as { [Name in keyof Members]?: NonNullable<Members[Name]> };
}

/** A runtime that is made when it is first asked for, once. */
function lazyRuntime(
  { runtime, backend }: BuilderOptions,
  store: Builder["store"],
): { open(): Promise<Runtime>; close(): Promise<void> } {
  let made: Promise<Runtime> | undefined;
  const make = async (): Promise<Runtime> => {
    const { createRuntime } = await import("@tsbuild/runtime");
    return createRuntime({ root: store.folder("snapshots"), store, ...(backend === undefined ? {} : { backend }) });
  };
  return {
    open() {
      made ??= runtime === undefined ? make() : Promise.resolve(runtime);
      return made;
    },
    async close() {
      if (runtime === undefined) await (await made?.catch(() => undefined))?.close();
    },
  };
}
