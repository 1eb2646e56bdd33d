import type { AbortOptions } from "../bytes.ts";
import type { HistoryEntry } from "../config.ts";
import type { ContentStore } from "../content/store.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { rewriteImage } from "./rewrite-image.ts";

/** Options of {@link appendLayers}. */
export interface AppendOptions extends AbortOptions {
  /** Of each new layer; the time is the image's own where it says none. */
  readonly history?: HistoryEntry;
}

/** Writes the image with layers on top. Annotations and config stay. The layers themselves are only named. */
export function appendLayers(
  store: ContentStore,
  image: Image,
  layers: readonly Layer[],
  { history, signal }: AppendOptions = {},
): Promise<Image> {
  const { created } = image.config;
  const entry: HistoryEntry = { ...(created !== undefined && { created }), created_by: "tsbuild append", ...history };
  const before = image.config.history ?? [];
  // Where the image tells no history for its layers, none can be told for those on top: the counts must agree.
  const told = before.length > 0 || image.layers.length === 0;
  const config = told ? { ...image.config, history: [...before, ...layers.map(() => entry)] } : image.config;
  return rewriteImage(store, image, { config, layers: [...image.layers, ...layers] }, { signal });
}
