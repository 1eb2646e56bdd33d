import type { Descriptor, Digest, LocalStore } from "@tsbuild/oci";
import type { Diagnostic } from "@tsbuild/parser";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { Runtime } from "@tsbuild/runtime";
import type { BuildResult, PlatformImage, SolveOptions } from "./builder.ts";
import { contextInputs } from "./context/context-inputs.ts";
import { createExplainer, type Explainer } from "./explain/explainer.ts";
import type { BuildPlan } from "./explain/plan.ts";
import { clampTimes } from "./export/clamp-times.ts";
import { annotationsAt, mergeAnnotations } from "./export/placed-annotation.ts";
import { stampLayers } from "./export/stamp-layers.ts";
import { type BuiltImage, writeBuiltImage } from "./export/write-built-image.ts";
import { writeIndex } from "./export/write-index.ts";
import { createFileWorkers } from "./files/file-workers.ts";
import type { Compiled, LocalContext } from "./graph/compiled.ts";
import type { Vertex } from "./graph/op.ts";
import { verticesOf } from "./graph/vertex.ts";
import type { ImageResolver } from "./image-resolver.ts";
import { createImageSource } from "./image-source.ts";
import { createOpRunner } from "./ops/create-op-runner.ts";
import type { Download } from "./ops/download.ts";
import { openCache } from "./solver/cache.ts";
import type { Result } from "./solver/op-runner.ts";
import { planGraph } from "./solver/plan-graph.ts";
import { type Solved, type SolveRequest, solve } from "./solver/solver.ts";

/** What all builds of a builder share. */
export interface BuildEnvironment {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  readonly runtime: () => Promise<Runtime>;
  readonly download: Download;
}

export interface GraphBuild {
  /** One for each platform. */
  readonly compiled: readonly Compiled[];
  readonly resolveImage: ImageResolver;
  /** Where the Dockerfile is, if it is a file. */
  readonly dockerfile?: string | undefined;
}

/** Solves compiled graphs, writes the image of each, names the whole and hands it to the exporters. */
export async function buildGraph(
  env: BuildEnvironment,
  build: GraphBuild,
  options: SolveOptions,
): Promise<BuildResult> {
  const { store } = env;
  const { signal, onEvent, tags = [] } = options;
  const warnings = warningsOf(build);
  for (const diagnostic of warnings) onEvent?.({ type: "warning", diagnostic });
  const { results, steps } = await solveGraphs(env, build, options);
  const platforms: PlatformImage[] = [];
  for (const compiled of build.compiled)
    platforms.push(await writePlatform(store, await timedImage(store, compiled, results, options), options));
  const [first] = platforms;
  if (first === undefined) throw new Error("nothing was compiled");
  const image = platforms.length === 1 ? first.image : await writeIndex(store, platforms, options);
  for (const tag of tags) await store.tag(image, tag, { signal });
  await runExporters(env, image, options);
  return { image, imageId: first.imageId, config: first.config, platforms, warnings, steps };
}

/** What was built, with the times that its layers and config are to have. */
async function timedImage(
  store: LocalStore,
  compiled: Compiled,
  results: ReadonlyMap<string, Result>,
  options: SolveOptions,
): Promise<BuiltImage> {
  const { rewriteTimestamps = false, timestamps, signal } = options;
  const epoch = epochOf(compiled, options);
  const solved = results.get(compiled.root?.digest ?? "")?.layers ?? [];
  const stamped = await stampLayers(store, solved, { epoch: fileEpoch(compiled, options), signal });
  const keep = baseLayers(compiled, results);
  const isClamped = rewriteTimestamps && epoch !== undefined;
  const layers = isClamped ? await clampTimes(store, stamped, { epoch, keep, signal }) : stamped;
  const isTimed = timestamps === "keep" && epoch === undefined;
  const madeAt = isTimed ? (vertex: Vertex) => results.get(vertex.digest)?.made : undefined;
  return { compiled, layers, epoch, madeAt };
}

/** The layers that images brought along. */
function baseLayers({ root }: Compiled, results: ReadonlyMap<string, Result>): ReadonlySet<Digest> {
  const images = verticesOf(root).filter(({ op }) => op.type === "image");
  return new Set(images.flatMap(({ digest }) => results.get(digest)?.layers ?? []).map(({ diffId }) => diffId));
}

async function writePlatform(
  store: LocalStore,
  built: BuiltImage,
  { annotations: everywhere, placedAnnotations = [], signal }: SolveOptions,
): Promise<PlatformImage> {
  const own = annotationsAt(placedAnnotations, "manifest", built.compiled.platform);
  const annotations = mergeAnnotations(everywhere, own);
  const { descriptor, manifest, config, platform } = await writeBuiltImage(
    store,
    { ...built, annotations },
    { signal },
  );
  return { image: descriptor, imageId: manifest.config.digest, config, platform };
}

/** What the compiles of several platforms find is mostly the same. */
function warningsOf({ compiled }: GraphBuild): readonly Diagnostic[] {
  const found = compiled.flatMap(({ diagnostics }) => diagnostics);
  return [...new Map(found.map((each) => [JSON.stringify([each.message, each.range]), each])).values()];
}

/** The time of what the build writes itself: as the caller says, else the build argument, else the caller's default. */
function epochOf(compiled: Compiled | undefined, { epoch, defaultEpoch }: SolveOptions): number | undefined {
  return epoch ?? compiled?.epoch ?? defaultEpoch;
}

/** The time of the files that COPY, ADD and WORKDIR add; undefined: their own. */
function fileEpoch(compiled: Compiled | undefined, options: SolveOptions): number | undefined {
  return options.timestamps === "keep" ? undefined : epochOf(compiled, options);
}

/** All platforms are one graph: what they have in common is done once. */
async function solveGraphs(
  env: BuildEnvironment,
  build: GraphBuild,
  options: SolveOptions,
): Promise<Pick<Solved, "steps"> & { readonly results: ReadonlyMap<string, Result> }> {
  const root = build.compiled.flatMap((each) => each.root ?? []);
  if (root.length === 0) return { results: new Map(), steps: [] };
  return withSolver(env, build, options, async ({ runner, cache, origin, explainer }) => {
    const { signal, jobs, noCache, onEvent } = options;
    const explain = options.explain === true ? explainer : undefined;
    return solve({ root, runner, cache, origin, signal, jobs, noCache, explain, onEvent });
  });
}

/** Predicts what `buildGraph` would take from the cache. Nothing is built and no layer fetched. */
export async function planBuild(env: BuildEnvironment, build: GraphBuild, options: SolveOptions): Promise<BuildPlan> {
  const root = build.compiled.flatMap((each) => each.root ?? []);
  const { signal, noCache } = options;
  const steps = await withSolver(env, { ...build, planning: true }, options, ({ runner, cache, explainer }) =>
    planGraph({ root, runner, cache, explain: explainer, signal, noCache }),
  );
  return { steps };
}

/** What solving a graph takes besides the graph. */
interface Solver extends Pick<SolveRequest, "runner" | "cache"> {
  readonly origin: string;
  readonly explainer: Explainer;
}

async function withSolver<T>(
  env: BuildEnvironment,
  { compiled, dockerfile, resolveImage, planning = false }: GraphBuild & { readonly planning?: boolean },
  options: SolveOptions,
  use: (solver: Solver) => Promise<T>,
): Promise<T> {
  const { store, registry } = env;
  const workers = createFileWorkers();
  try {
    const contexts = new Map(compiled.flatMap((each) => [...(each.contexts ?? [])]));
    const runner = createOpRunner({
      ...env,
      ...{ resolveImage, workers },
      source: createImageSource(store, registry),
      contexts: contextInputs({ store, contexts, dockerfile }),
      secrets: options.secrets ?? {},
      ssh: options.ssh ?? {},
      limits: options.limits,
      shmSize: options.shmSize,
      epoch: fileEpoch(compiled[0], options),
      planning,
    });
    const directory = store.folder("cache");
    const cache = openCache(directory);
    const origin = originOf(contexts, dockerfile);
    const hasLayer = (diffId: Digest): boolean => store.has(diffId);
    return await use({ runner, cache, origin, explainer: createExplainer({ cache, directory, hasLayer, origin }) });
  } finally {
    await workers.close();
  }
}

/** What is being built: two builds of one Dockerfile have the same. A context that was fetched has a title for it. */
function originOf(contexts: ReadonlyMap<string, LocalContext>, dockerfile: string | undefined): string {
  const { title, directory } = contexts.get("context") ?? {};
  return title ?? dockerfile ?? directory ?? "";
}

async function runExporters(env: BuildEnvironment, image: Descriptor, options: SolveOptions): Promise<void> {
  const { store, registry } = env;
  const { output = [], tags = [], signal, onEvent } = options;
  for (const exporter of output) {
    onEvent?.({ type: "export.started", name: exporter.name, time: Date.now() });
    await exporter.export({ image, store, registry, tags, signal, onEvent });
    onEvent?.({ type: "export.completed", name: exporter.name, time: Date.now() });
  }
}
