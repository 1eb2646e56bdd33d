import { homedir } from "node:os";
import { defaultRoot, openStore } from "@tsbuild/oci";
import { createRegistryClient } from "@tsbuild/registry-client";
import type { Runtime } from "@tsbuild/runtime";
import { type BuildEnvironment, buildGraph, planBuild } from "./build-graph.ts";
import type { Builder, BuilderOptions, DockerfileOptions, SolveOptions } from "./builder.ts";
import { compileRequest } from "./compile-request.ts";
import { type PreparedContexts, prepareContexts } from "./context/prepare-contexts.ts";
import { readDockerfile } from "./context/read-dockerfile.ts";
import { compileState } from "./graph/compile-state.ts";
import { readGraph } from "./graph/read-graph.ts";
import { createImageResolver, type ImageResolver } from "./image-resolver.ts";
import { fetchDownload } from "./ops/download.ts";
import { pruneCache, pruneSnapshots } from "./prune-cache.ts";
import { platformsOf, stateOptions } from "./solve-options.ts";

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
      const prepared = await prepareContexts(env, request);
      try {
        const resolveImage = resolver(request);
        const { compiled, dockerfile } = await compileRequest(env, prepared, { resolveImage });
        return await buildGraph(env, { compiled, resolveImage, dockerfile }, withCommitTime(request, prepared));
      } finally {
        await prepared.close();
      }
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
    async solveGraph(graphs, request = {}) {
      request.onEvent?.({ type: "build.started", time: Date.now() });
      const folders = Object.entries(request.contexts ?? {});
      const contexts = new Map(folders.map(([name, directory]) => [name, { directory }]));
      const compiled = [graphs].flat().map((graph) => readGraph(graph, { contexts }));
      return buildGraph(env, { compiled, resolveImage: resolver(request) }, request);
    },
    async plan(request) {
      const prepared = await prepareContexts(env, request);
      try {
        const resolveImage = resolver(request);
        const { compiled, dockerfile } = await compileRequest(env, prepared, { resolveImage });
        return await planBuild(env, { compiled, resolveImage, dockerfile }, withCommitTime(request, prepared));
      } finally {
        await prepared.close();
      }
    },
    async compileDockerfile(request) {
      const prepared = await prepareContexts(env, request);
      try {
        const { compiled } = await compileRequest(env, prepared, { resolveImage: resolver(request) });
        return compiled[0];
      } finally {
        await prepared.close();
      }
    },
    async readDockerfile(request) {
      const prepared = await prepareContexts(env, request);
      try {
        return readDockerfile(prepared.request);
      } finally {
        await prepared.close();
      }
    },
    async prune(request) {
      const { freedBytes } = await pruneCache(store, request);
      return { freedBytes: freedBytes + (await pruneSnapshots(store, runtime.open)) };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A context that is a commit has the time of it, where the caller names none. */
function withCommitTime(request: DockerfileOptions, { fetched }: PreparedContexts): DockerfileOptions {
  const { isCommit = false, time } = fetched.get("context") ?? {};
  return isCommit ? { ...request, defaultEpoch: request.defaultEpoch ?? time } : request;
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
