import { rmSync } from "node:fs";
import { type Digest, type Layer, MEDIA_TYPE } from "@tsbuild/oci";
import type { FileTask, FileTaskResult } from "../files/file-task.ts";
import type { StampedLayer } from "../files/stamped-layer.ts";
import type { FileOp, Vertex } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpContext, Output } from "../solver/op-runner.ts";
import { type ChecksumMemo, createChecksumMemo } from "./checksum-memo.ts";
import {
  fileInputOf,
  layersOf,
  makeAllPlain,
  type OpEnvironment,
  type OpKind,
  restoreOnTop,
  type Step,
} from "./op-environment.ts";

/**
 * COPY, ADD, WORKDIR and heredoc files: one layer on top of input 0, straight from where the files are.
 *
 * The key is made of the actions, the checksums of what they copy (not where it lies) and the key of what it goes on top
 * of. Of the epoch it says only that there is one: a layer made under another one gets the new time where it is used
 * (`stampLayers`). The owner's names need no part of their own: they are looked up in a tree that a record must agree with anyway.
 */
export function fileKind(env: OpEnvironment): OpKind<FileOp> {
  const memo = createChecksumMemo(env.store.folder("cache"));
  // A layer that was made on the way to the checksum of a context that had to be read anyway.
  const early = new Map<Vertex, Layer>();
  return {
    async cacheKey(step, context) {
      const checksums = await checksumsOf(env, memo, step, { context, early });
      let copied = 0;
      const actions = step.op.actions.map((action) => {
        if (action.type !== "copy") return action;
        const { input: _, sources: _sources, exclude: _exclude, ...rest } = action;
        return { ...rest, content: checksums[copied++] ?? null };
      });
      const base = step.op.base === -1 ? null : (step.inputs[0]?.key ?? null);
      return cacheKeyOf({ type: "file", base, actions, times: env.epoch === undefined ? "own" : "epoch" });
    },
    restore: async ({ op, inputs }, kept) => restoreOnTop(env, layersOf(inputs, op.base ?? 0), kept),
    async execute(step, context) {
      const base = layersOf(step.inputs, step.op.base ?? 0);
      const layer = early.get(step.vertex) ?? (await makeLayer(env, step, context));
      return { layers: [...base, layer] } satisfies Output;
    },
  };
}

interface ChecksumContext {
  readonly context: OpContext;
  readonly early: Map<Vertex, Layer>;
}

/** Of each copy action. Only what no memo answers is computed, and only then are the files of a stage needed. */
async function checksumsOf(
  env: OpEnvironment,
  memo: ChecksumMemo,
  step: Step<FileOp>,
  { context, early }: ChecksumContext,
): Promise<readonly (Digest | undefined)[]> {
  const { vertex, inputs, op } = step;
  const copies = op.actions.filter((action) => action.type === "copy");
  const keys = copies.map((action) =>
    vertex.inputs[action.input]?.op.type === "local" ? undefined : memo.key(action, layersOf(inputs, action.input)),
  );
  const known = keys.map((key) => (key === undefined ? undefined : memo.find(key)));
  if (known.every((checksum) => checksum !== undefined)) return known;
  for (const { input } of copies) await makeAllPlain(env, layersOf(inputs, input), context);
  const base = layersOf(inputs, op.base ?? 0);
  const present = env.planning !== true && base.every(({ diffId }) => env.store.has(diffId));
  const { checksums, layer } = await runTask(
    env,
    step,
    { base: present ? base : undefined, want: "checksums" },
    context,
  );
  if (layer !== undefined) early.set(vertex, layer);
  for (const [index, checksum] of checksums.entries()) {
    const key = keys[index];
    if (key !== undefined) memo.note(key, checksum);
  }
  return checksums;
}

async function makeLayer(env: OpEnvironment, step: Step<FileOp>, context: OpContext): Promise<Layer> {
  const base = layersOf(step.inputs, step.op.base ?? 0);
  const sources = step.op.actions.flatMap((action) =>
    action.type === "copy" ? layersOf(step.inputs, action.input) : [],
  );
  await makeAllPlain(env, [...base, ...sources], context);
  const { layer } = await runTask(env, step, { base, want: "layer" }, context);
  if (layer === undefined) throw new Error("the file worker made no layer");
  return layer;
}

/** What a step of files asks a worker for, and the finished layer as a blob of the store. */
export async function runTask(
  env: Pick<OpEnvironment, "store" | "workers" | "epoch" | "contexts">,
  { op, vertex, inputs }: Step<Pick<FileOp, "actions">>,
  wanted: Pick<FileTask, "base" | "want">,
  context: OpContext,
): Promise<{ readonly checksums: FileTaskResult["checksums"]; readonly layer: Layer | undefined }> {
  const { store, workers, epoch } = env;
  const fileInputs = inputs.map((result, at) => fileInputOf(env, vertex.inputs[at], result));
  const layerPath = store.temporaryPath();
  const spoolPath = store.temporaryPath();
  const task: FileTask = {
    ...{ storeRoot: store.root, inputs: fileInputs, actions: op.actions, epoch, layerPath, spoolPath },
    ...wanted,
  };
  const live = fileInputs.find((input) => input.type === "context");
  try {
    const { checksums, layer } = await workers.run(live?.statCacheFile ?? "layers", task, context);
    if (layer === undefined) return { checksums, layer: undefined };
    await store.adopt(layerPath, layer.diffId);
    return { checksums, layer: madeLayer(layer, epoch) };
  } finally {
    for (const path of [layerPath, spoolPath]) rmSync(path, { force: true });
  }
}

function madeLayer(
  { diffId, size, fixed }: NonNullable<FileTaskResult["layer"]>,
  epoch: number | undefined,
): StampedLayer {
  const layer = { descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size }, diffId };
  if (epoch === undefined) return layer;
  return { ...layer, stamp: epoch, ...(fixed.length === 0 ? {} : { fixed }) };
}
