import type { Image, Layer, LocalStore } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { Runtime } from "@tsbuild/runtime";
import type { BuildResult, SolveOptions } from "./builder.ts";
import { contextInputs } from "./context/context-inputs.ts";
import { writeBuiltImage } from "./export/write-built-image.ts";
import { createFileWorkers } from "./files/file-workers.ts";
import type { Compiled } from "./graph/compiled.ts";
import type { ImageResolver } from "./image-resolver.ts";
import { createImageSource } from "./image-source.ts";
import { createOpRunner } from "./ops/create-op-runner.ts";
import type { Download } from "./ops/download.ts";
import { openCache } from "./solver/cache.ts";
import { type Solved, solve } from "./solver/solver.ts";

/** What all builds of a builder share. */
export interface BuildEnvironment {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  readonly runtime: () => Promise<Runtime>;
  readonly download: Download;
}

export interface GraphBuild {
  readonly compiled: Compiled;
  readonly resolveImage: ImageResolver;
  /** Where the Dockerfile is, if it is a file. */
  readonly dockerfile?: string | undefined;
}

/** Solves a compiled graph, writes the image, names it and hands it to the exporters. */
export async function buildGraph(
  env: BuildEnvironment,
  build: GraphBuild,
  options: SolveOptions,
): Promise<BuildResult> {
  const { compiled } = build;
  const { store } = env;
  const { signal, onEvent, tags = [] } = options;
  for (const diagnostic of compiled.diagnostics) onEvent?.({ type: "warning", diagnostic });
  const { layers, steps } = await solveGraph(env, build, options);
  const image = await writeBuiltImage(store, { compiled, layers, epoch: epochOf(build, options) }, { signal });
  for (const tag of tags) await store.tag(image.descriptor, tag, { signal });
  await runExporters(env, image, options);
  return {
    image: image.descriptor,
    imageId: image.manifest.config.digest,
    config: image.config,
    warnings: compiled.diagnostics,
    steps,
  };
}

function epochOf({ compiled }: GraphBuild, { epoch }: SolveOptions): number | undefined {
  return epoch ?? compiled.epoch;
}

async function solveGraph(
  env: BuildEnvironment,
  build: GraphBuild,
  options: SolveOptions,
): Promise<{ readonly layers: readonly Layer[]; readonly steps: Solved["steps"] }> {
  const { store, registry } = env;
  const { compiled, dockerfile, resolveImage } = build;
  if (compiled.root === undefined) return { layers: [], steps: [] };
  const workers = createFileWorkers();
  try {
    const runner = createOpRunner({
      ...env,
      ...{ resolveImage, workers },
      source: createImageSource(store, registry),
      contexts: contextInputs({ store, contexts: compiled.contexts ?? new Map(), dockerfile }),
      secrets: options.secrets ?? {},
      epoch: epochOf(build, options),
    });
    const { signal, jobs, noCache, onEvent } = options;
    const cache = openCache(store.folder("cache"));
    const solved = await solve({ root: compiled.root, runner, cache, signal, jobs, noCache, onEvent });
    return { layers: solved.results.get(compiled.root.digest)?.layers ?? [], steps: solved.steps };
  } finally {
    await workers.close();
  }
}

async function runExporters(env: BuildEnvironment, { descriptor }: Image, options: SolveOptions): Promise<void> {
  const { store, registry } = env;
  const { output = [], tags = [], signal, onEvent } = options;
  for (const exporter of output) {
    onEvent?.({ type: "export.started", name: exporter.name, time: Date.now() });
    await exporter.export({ image: descriptor, store, registry, tags, signal, onEvent });
    onEvent?.({ type: "export.completed", name: exporter.name, time: Date.now() });
  }
}
