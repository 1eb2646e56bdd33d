import {
  type AbortOptions,
  type ContentStore,
  type HistoryEntry,
  type Image,
  type ImageConfig,
  type Layer,
  writeImage,
} from "@tsbuild/oci";
import type { Compiled, HistoryStep } from "../graph/compiled.ts";
import type { Vertex } from "../graph/op.ts";

/** What solving made of a compiled graph. */
export interface BuiltImage {
  readonly compiled: Compiled;
  /** The chain of the graph's root. */
  readonly layers: readonly Layer[];
  /** Seconds since 1970, for the times in config and history. @default 0, so that the digest depends on the inputs alone */
  readonly epoch?: number | undefined;
  /** When a step was made, in milliseconds since 1970: stands in config and history in place of `epoch`. */
  readonly madeAt?: ((vertex: Vertex) => number | undefined) | undefined;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Writes config and manifest of what was built to `store`. */
export function writeBuiltImage(store: ContentStore, built: BuiltImage, options: AbortOptions): Promise<Image> {
  const { annotations, compiled, layers } = built;
  const times = createdTimes(built);
  const own = compiled.history.map((step, at) => historyEntry(step, times[at] ?? timeText(0)));
  const created = times.at(-1) ?? timeText((built.epoch ?? 0) * 1000);
  const { platform, author, config: container } = compiled;
  const { architecture, os, variant, "os.version": osVersion, "os.features": osFeatures } = platform;
  const config: ImageConfig = {
    architecture,
    ...(author === undefined ? {} : { author }),
    config: container,
    created,
    history: agreeing([...compiled.baseHistory, ...own], layers.length),
    os,
    ...(osFeatures === undefined ? {} : { "os.features": osFeatures }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...(variant === undefined ? {} : { variant }),
  };
  return writeImage(store, { config, layers, ...(annotations === undefined ? {} : { annotations }) }, options);
}

/** Of each history entry: the epoch, or when the step or the last one before it made its layer. */
function createdTimes({ compiled, epoch = 0, madeAt }: BuiltImage): readonly string[] {
  let last = epoch * 1000;
  return compiled.history.map(({ vertex }) => {
    last = (vertex === undefined ? undefined : madeAt?.(vertex)) ?? last;
    return timeText(last);
  });
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(".000Z", "Z");
}

function historyEntry({ createdBy, comment, author, vertex }: HistoryStep, created: string): HistoryEntry {
  return {
    created,
    created_by: createdBy,
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
    ...(vertex === undefined ? { empty_layer: true } : {}),
  };
}

/**
 * A history that names as many layers as there are, which readers of images count on: a base may come with none, or with
 * a wrong one. What is missing is put in front, what is too much counts as empty.
 */
function agreeing(history: readonly HistoryEntry[], layers: number): readonly HistoryEntry[] {
  const named = history.filter((entry) => entry.empty_layer !== true).length;
  if (named <= layers) return [...Array.from({ length: layers - named }, () => ({})), ...history];
  let surplus = named - layers;
  return history.map((entry) =>
    entry.empty_layer !== true && surplus-- > 0 ? { ...entry, empty_layer: true } : entry,
  );
}
