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

/** What solving made of a compiled graph. */
export interface BuiltImage {
  readonly compiled: Compiled;
  /** The chain of the graph's root. */
  readonly layers: readonly Layer[];
  /** Seconds since 1970, for the times in config and history. @default 0, so that the digest depends on the inputs alone */
  readonly epoch?: number | undefined;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Writes config and manifest of what was built to `store`. */
export function writeBuiltImage(store: ContentStore, built: BuiltImage, options: AbortOptions): Promise<Image> {
  const { annotations, compiled, layers, epoch = 0 } = built;
  const created = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
  const own = compiled.history.map((step) => historyEntry(step, created));
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
