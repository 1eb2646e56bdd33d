import type { AbortOptions, Digest } from "@tsbuild/oci";
import { TsbuildError } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import type { BuildResult } from "../builder.ts";
import type { BuildEvent } from "../event.ts";
import type { StepReason } from "../explain/reason.ts";
import type { Vertex } from "../graph/op.ts";
import { verticesOf } from "../graph/vertex.ts";
import type { BuildCache, CacheRecord } from "./cache.ts";
import type { CacheKey } from "./cache-key.ts";
import { createLimit } from "./limit.ts";
import type { Miss } from "./miss.ts";
import type { OpContext, OpRunner, Result } from "./op-runner.ts";

export interface SolveRequest extends AbortOptions {
  /** What is wanted: one vertex or several; whatever they need is solved too, each vertex once, and nothing else. */
  readonly root: Vertex | readonly Vertex[];
  readonly runner: OpRunner;
  readonly cache: BuildCache;
  /** Vertices at work at a time. More than the processors, because a RUN mostly waits. @default 8 */
  readonly jobs?: number | undefined;
  /** Takes nothing from the cache, and still fills it. @default false */
  readonly noCache?: boolean | undefined;
  /** Says why a step is not taken from the cache; asked about each before it runs, after those that it needs. */
  readonly explain?: ((miss: Miss) => StepReason) | undefined;
  /** What is being built, for records: among those of the same the nearest to a miss is looked for. */
  readonly origin?: string | undefined;
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
}

export interface Solved {
  readonly results: ReadonlyMap<Digest, Result>;
  /** What became of each vertex, in the order they were done. */
  readonly steps: BuildResult["steps"];
}

/**
 * Solves a graph: inputs before users, independent vertices at the same time, each vertex once, and two vertices with
 * one cache key once too. The first failure stops the rest.
 * @throws BuildError that names the vertex, with the code of what failed; `signal.reason` after an abort
 */
export async function solve(request: SolveRequest): Promise<Solved> {
  const vertices = verticesOf(...[request.root].flat());
  for (const vertex of vertices) emitPlanned(vertex, request.onEvent);
  const stop = new AbortController();
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
  const limit = createLimit(request.jobs ?? 8);
  const run: Run = { ...request, signal, flights: new Map(), results: new Map(), cached: new Set(), steps: [] };
  const solving = new Map<Digest, Promise<Result>>();
  let failure: { readonly error: unknown } | undefined;
  for (const vertex of vertices) {
    const inputs = vertex.inputs.map((input) => solving.get(input.digest) ?? Promise.reject(new Error("no input")));
    const solved = Promise.all(inputs).then((results) => limit(() => solveVertex(run, vertex, results)));
    solved.catch((error: unknown) => {
      failure ??= { error };
      stop.abort(error);
    });
    solving.set(vertex.digest, solved);
  }
  // Everyone has stopped before anyone hears of it: whoever cleans up after a failure finds nobody at work.
  await Promise.allSettled(solving.values());
  request.signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
  return { results: run.results, steps: run.steps };
}

interface Run extends SolveRequest {
  readonly signal: AbortSignal;
  /** By cache key: what is being made just now. */
  readonly flights: Map<Digest, Promise<Pick<Result, "layers" | "made">>>;
  readonly results: Map<Digest, Result>;
  /** Vertices that nothing was done for. */
  readonly cached: Set<Digest>;
  readonly steps: BuildResult["steps"][number][];
}

async function solveVertex(run: Run, vertex: Vertex, inputs: readonly Result[]): Promise<Result> {
  run.signal.throwIfAborted();
  const { digest, meta } = vertex;
  const started = Date.now();
  run.onEvent?.({ type: "vertex.started", vertex: digest, name: meta.name, time: started });
  try {
    const { result, cached, reason } = await answer(run, vertex, inputs);
    if (cached) run.cached.add(digest);
    const time = Date.now();
    run.results.set(digest, result);
    const why = reason === undefined ? {} : { reason };
    run.steps.push({ vertex: digest, name: meta.name, cached, milliseconds: time - started, ...why });
    run.onEvent?.({ type: "vertex.completed", vertex: digest, cached, time });
    return result;
  } catch (error) {
    run.signal.throwIfAborted();
    const failed = asBuildError(error, vertex);
    run.onEvent?.({ type: "vertex.failed", vertex: digest, error: failed, time: Date.now() });
    throw failed;
  }
}

/** From the cache, from a vertex with the same key that is at work, or by running it. */
async function answer(
  run: Run,
  vertex: Vertex,
  inputs: readonly Result[],
): Promise<{ result: Result; cached: boolean; reason?: StepReason | undefined }> {
  const context = contextOf(run, vertex);
  const key = await run.runner.cacheKey(vertex, inputs, context);
  const flight = run.flights.get(key.digest);
  if (flight !== undefined) {
    return { result: { key: key.digest, ...(await flight) }, cached: true };
  }
  // What is never kept costs nothing: it is as new as what it is made of.
  let cached = key.keep === false && vertex.inputs.every((input) => run.cached.has(input.digest));
  let reason: StepReason | undefined;
  const making = (async (): Promise<Pick<Result, "layers" | "made">> => {
    const { kept, miss } = await fromCache(run, key, vertex, inputs);
    cached ||= kept !== undefined;
    if (miss !== undefined) reason = explain(run, miss);
    return kept === undefined ? execute(run, key, vertex, inputs) : { layers: kept.layers, made: kept.created };
  })();
  run.flights.set(key.digest, making);
  return { result: { key: key.digest, ...(await making) }, cached, reason };
}

async function fromCache(
  run: Run,
  key: CacheKey,
  vertex: Vertex,
  inputs: readonly Result[],
): Promise<{ readonly kept?: CacheRecord; readonly miss?: Miss }> {
  if (key.keep === false) return {};
  const step = { vertex, key, inputs };
  if (run.noCache === true || vertex.meta.noCache === true)
    return { miss: { ...step, record: undefined, forced: true } };
  const record = run.cache.load(key.digest);
  const layers = record && (await run.runner.restore(vertex, inputs, record, contextOf(run, vertex)));
  if (record === undefined || layers === undefined) return { miss: { ...step, record, forced: false } };
  return { kept: { ...record, layers } };
}

function explain(run: Run, miss: Miss): StepReason | undefined {
  const reason = run.explain?.(miss);
  if (reason !== undefined) run.onEvent?.({ type: "vertex.explained", vertex: miss.vertex.digest, reason });
  return reason;
}

async function execute(
  run: Run,
  key: CacheKey,
  vertex: Vertex,
  inputs: readonly Result[],
): Promise<Pick<Result, "layers" | "made">> {
  const output = await run.runner.execute(vertex, inputs, contextOf(run, vertex));
  run.signal.throwIfAborted();
  // What is never kept was made when its inputs were.
  if (key.keep === false) return { layers: output.layers, made: Math.max(0, ...inputs.map(({ made }) => made ?? 0)) };
  const { created } = run.cache.save(key, { description: vertex.meta.name, origin: run.origin }, output);
  return { layers: output.layers, made: created };
}

function contextOf(run: Run, vertex: Vertex): OpContext {
  const { digest } = vertex;
  return {
    signal: run.signal,
    log: (stream, data) => run.onEvent?.({ type: "vertex.log", vertex: digest, stream, data, time: Date.now() }),
    progress: (id, current, total) =>
      run.onEvent?.({
        type: "vertex.progress",
        vertex: digest,
        id,
        current,
        ...(total === undefined ? {} : { total }),
      }),
  };
}

function asBuildError(error: unknown, vertex: Vertex): BuildError {
  if (error instanceof BuildError && error.vertex !== undefined) return error;
  const code = TsbuildError.is(error) ? error.code : "STEP_FAILED";
  const message = error instanceof Error ? error.message : String(error);
  const hint = TsbuildError.is(error) ? error.hint : undefined;
  return new BuildError(code, message, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    vertex: vertex.digest,
    vertexName: vertex.meta.name,
    range: vertex.meta.range,
  });
}

function emitPlanned(vertex: Vertex, onEvent: ((event: BuildEvent) => void) | undefined): void {
  const inputs = vertex.inputs.map((input) => input.digest);
  onEvent?.({ type: "vertex.planned", vertex: vertex.digest, name: vertex.meta.name, inputs });
}
