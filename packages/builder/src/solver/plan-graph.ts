import { type AbortOptions, type Digest, TsbuildError } from "@tsbuild/oci";
import type { PlannedStep } from "../explain/plan.ts";
import type { StepNote, StepReason } from "../explain/reason.ts";
import type { Op, Vertex } from "../graph/op.ts";
import { verticesOf } from "../graph/vertex.ts";
import type { BuildCache } from "./cache.ts";
import type { CacheKey } from "./cache-key.ts";
import type { Miss } from "./miss.ts";
import type { OpContext, OpRunner, Result } from "./op-runner.ts";

export interface PlanRequest extends AbortOptions {
  readonly root: readonly Vertex[];
  /** One that makes nothing: it computes keys, and fails with FILES_NOT_HERE where that takes files from a registry. */
  readonly runner: OpRunner;
  readonly cache: BuildCache;
  readonly explain: (miss: Miss) => StepReason;
  readonly noCache?: boolean | undefined;
}

/**
 * Predicts what solving a graph would take from the cache. A step above one that runs has a key all the same, as long as
 * it asks only for the key of that and not for its files: where no record has this key it runs, else it depends on
 * whether the step below comes out as before.
 */
export async function planGraph(request: PlanRequest): Promise<readonly PlannedStep[]> {
  const known = new Map<Digest, Known>();
  for (const vertex of verticesOf(...request.root)) {
    request.signal?.throwIfAborted();
    known.set(
      vertex.digest,
      await predict(
        request,
        vertex,
        vertex.inputs.map((input) => known.get(input.digest) ?? UNKNOWN),
      ),
    );
  }
  return verticesOf(...request.root).flatMap((vertex) => {
    const { prediction, reason, waitsFor } = known.get(vertex.digest) ?? UNKNOWN;
    if (vertex.op.type === "local") return [];
    const line = vertex.meta.range?.start.line;
    return {
      ...noteOf(vertex),
      prediction,
      ...(line === undefined ? {} : { line }),
      ...(reason === undefined ? {} : { reason }),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
  });
}

/** What is known about a step before it is built. */
interface Known extends Pick<PlannedStep, "prediction" | "reason" | "waitsFor"> {
  /** Undefined: it takes files to know it that are not made yet. */
  readonly key?: Digest;
  /** Undefined: its files are not made yet. */
  readonly result?: Result;
}

const UNKNOWN: Known = { prediction: "depends" };

async function predict(request: PlanRequest, vertex: Vertex, inputs: readonly Known[]): Promise<Known> {
  const open = vertex.inputs.filter((_, at) => inputs[at]?.result === undefined);
  const needed = new Set(contentInputs(vertex.op));
  const isKeyed = inputs.every(({ key, result }, at) => key !== undefined && (result !== undefined || !needed.has(at)));
  const depends: Known = { prediction: "depends", waitsFor: open.map(noteOf) };
  if (!isKeyed) return isForced(request, vertex) ? { prediction: "run", reason: { type: "no-cache" } } : depends;
  const results = inputs.map(({ key, result }) => result ?? { key: key as Digest, layers: [] });
  try {
    const key = await request.runner.cacheKey(vertex, results, contextOf(request));
    if (open.length === 0) return await lookUp(request, vertex, key, results);
    if (key.keep === false) return { ...depends, key: key.digest };
    const record = isForced(request, vertex) ? undefined : request.cache.load(key.digest);
    if (record !== undefined) return { ...depends, key: key.digest };
    return { key: key.digest, prediction: "run", reason: explain(request, vertex, key, results) };
  } catch (error) {
    if (TsbuildError.is(error, "FILES_NOT_HERE")) return { prediction: "depends", waitsFor: vertex.inputs.map(noteOf) };
    throw error;
  }
}

/** The inputs whose files are in the key of a step. */
function contentInputs(op: Op): readonly number[] {
  if (op.type === "file") return op.actions.flatMap((action) => (action.type === "copy" ? action.input : []));
  if (op.type === "exec") return op.mounts.flatMap((mount) => (mount.type === "bind" ? mount.input : []));
  return [];
}

/** Of a step all of whose inputs are here. */
async function lookUp(request: PlanRequest, vertex: Vertex, key: CacheKey, inputs: readonly Result[]): Promise<Known> {
  const { runner, cache } = request;
  const context = contextOf(request);
  const run = async (): Promise<Result> => ({
    key: key.digest,
    layers: (await runner.execute(vertex, inputs, context)).layers,
  });
  // Contexts and merges cost nothing.
  if (key.keep === false) return { key: key.digest, prediction: "hit", result: await run() };
  const record = isForced(request, vertex) ? undefined : cache.load(key.digest);
  const layers = record && (await runner.restore(vertex, inputs, record, context));
  if (layers !== undefined) return { key: key.digest, prediction: "hit", result: { key: key.digest, layers } };
  const reason = explain(request, vertex, key, inputs);
  const missed: Known = { key: key.digest, prediction: "run", reason };
  // An image is a manifest that is here already.
  return vertex.op.type === "image" ? { ...missed, result: await run() } : missed;
}

function explain(request: PlanRequest, vertex: Vertex, key: CacheKey, inputs: readonly Result[]): StepReason {
  const forced = isForced(request, vertex);
  const record = forced ? undefined : request.cache.load(key.digest);
  return request.explain({ vertex, key, inputs, record, forced });
}

function isForced({ noCache }: PlanRequest, { meta }: Vertex): boolean {
  return noCache === true || meta.noCache === true;
}

function contextOf({ signal }: PlanRequest): OpContext {
  return { signal, log: () => undefined, progress: () => undefined };
}

function noteOf({ digest, meta }: Vertex): StepNote {
  return { vertex: digest, name: meta.name };
}
