import type { AbortOptions, Bytes } from "../bytes.ts";
import type { HistoryEntry } from "../config.ts";
import type { ContentSource } from "../content/store.ts";
import { TsbuildError } from "../error.ts";
import type { Image } from "../image.ts";
import { createHashedFile } from "../layer/hashed-file.ts";
import { readLayerIndex } from "../layer/index-file.ts";
import type { Layer } from "../layer/layer.ts";
import type { LayerStore } from "../layer/layer-index.ts";
import { splitPath } from "../layer/path.ts";
import { makePlain } from "../layer/plain.ts";
import { streamRange } from "../layer/stream-range.ts";
import { OPAQUE_NAME, WHITEOUT_PREFIX } from "../layer/whiteout.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { tarPadding } from "../tar/block.ts";
import type { Entry } from "../tar/entry.ts";
import { compareNames } from "../tar/name.ts";
import { encodeEntry, TAR_END } from "../tar/write.ts";
import { type MergedEntry, type MergedLayer, mergeLayers } from "./merged-layer.ts";
import { rewriteImage } from "./rewrite-image.ts";

/** Options of {@link squashImage}. */
export interface SquashOptions extends AbortOptions {
  /** How many of the lowest layers stay as they are: those of the base, which others share. @default 0 */
  readonly keep?: number;
  /** Where layers come from that are not in the store. */
  readonly source?: ContentSource;
}

/**
 * Writes the image with its upper layers as one: what one of them adds and a later one removes is gone. Whiteouts are
 * kept where there are layers below. The same image always gives the same digest.
 *
 * @throws TsbuildError LAYER_INVALID, and those of reading the layers
 */
export async function squashImage(store: LayerStore, image: Image, options: SquashOptions = {}): Promise<Image> {
  const { keep = 0, source, signal } = options;
  if (!Number.isInteger(keep) || keep < 0 || keep > image.layers.length)
    throw new TsbuildError("LAYER_INVALID", `cannot keep ${keep} of ${image.layers.length} layers`);
  const upper = image.layers.slice(keep);
  if (upper.length <= 1 && keep > 0) return image;
  for (const layer of upper) await makePlain(store, layer, { signal, ...(source === undefined ? {} : { source }) });
  const merged = mergeLayers(upper, ({ diffId }) => readLayerIndex(store, diffId));
  const layer = await storeTar(store, tarOf(merged, { bottom: keep === 0, signal }));
  const layers = [...image.layers.slice(0, keep), layer];
  const { history: _, ...config } = image.config;
  const history = squashedHistory(image, keep);
  return rewriteImage(store, image, { config: { ...config, ...(history && { history }) }, layers }, { signal });
}

/** Writes the image with all its layers as one. What the whole file tree says, and nothing of how it came to be. */
export function flattenImage(
  store: LayerStore,
  image: Image,
  options: Omit<SquashOptions, "keep"> = {},
): Promise<Image> {
  return squashImage(store, image, { ...options, keep: 0 });
}

async function storeTar(store: LayerStore, bytes: Bytes): Promise<Layer> {
  const file = createHashedFile(store.temporaryPath());
  try {
    for await (const chunk of bytes) await file.write(chunk);
    const { digest, size } = await file.finish();
    await store.adopt(file.path, digest);
    return { diffId: digest, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size } };
  } finally {
    await file.discard();
  }
}

interface TarOptions extends AbortOptions {
  /** There is nothing below: whiteouts would hide nothing. */
  readonly bottom: boolean;
}

async function* tarOf(merged: MergedLayer, { bottom, signal }: TarOptions): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, string>();
  const paths = [...merged.entries.keys()].sort(compareNames);
  if (!bottom) yield* whiteoutsOf(merged);
  for (const path of paths) {
    signal?.throwIfAborted();
    const found = merged.entries.get(path) as MergedEntry;
    if (found.entry.implied !== true) yield* entryOf(found, firstNames, { signal });
    if (!bottom && merged.opaque.has(path)) yield mark(`${path}/${OPAQUE_NAME}`);
  }
  yield TAR_END;
}

async function* entryOf(
  { entry, content, group }: MergedEntry,
  firstNames: Map<string, string>,
  options: AbortOptions,
): AsyncGenerator<Uint8Array> {
  const first = group === undefined ? undefined : firstNames.get(group);
  if (first !== undefined) {
    yield encodeEntry({ ...entry, type: "hardlink", linkName: first, size: 0 });
    return;
  }
  if (group !== undefined) firstNames.set(group, entry.path);
  yield encodeEntry(content === undefined ? entry : { ...entry, size: content.size });
  if (content === undefined) return;
  yield* streamRange(content, options);
  yield new Uint8Array(tarPadding(content.size));
}

/** Whiteouts come first: what they hide must be gone before something else takes its name. */
function* whiteoutsOf({ whiteouts, opaque, entries }: MergedLayer): Generator<Uint8Array> {
  for (const path of [...whiteouts].sort(compareNames)) {
    const { directory, name } = splitPath(path);
    yield mark(`${directory === "" ? "" : `${directory}/`}${WHITEOUT_PREFIX}${name}`);
  }
  // Of these only the root and directories that no entry names are left: the others' marks follow their entries.
  for (const path of [...opaque].sort(compareNames))
    if (!entries.has(path)) yield mark(path === "" ? OPAQUE_NAME : `${path}/${OPAQUE_NAME}`);
}

function mark(path: string): Uint8Array {
  const entry: Entry = { path, type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };
  return encodeEntry(entry);
}

/** The history of the layers that stay, and one entry for the others; undefined where the image tells none. */
function squashedHistory({ config }: Image, keep: number): readonly HistoryEntry[] | undefined {
  const history = config.history ?? [];
  if (history.length === 0) return undefined;
  let layers = 0;
  const cut = history.findIndex(({ empty_layer }) => empty_layer !== true && ++layers > keep);
  const kept = cut === -1 ? history : history.slice(0, cut);
  const created = config.created === undefined ? {} : { created: config.created };
  return [...kept, { ...created, created_by: "tsbuild squash" }];
}
