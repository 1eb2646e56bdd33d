import type { AbortOptions, Digest, Layer, LocalStore } from "@tsbuild/oci";
import { retimeLayer, type TimeOf } from "./retime-layer.ts";

export interface ClampOptions extends AbortOptions {
  /** Seconds since 1970: no time is later afterwards. */
  readonly epoch: number;
  /** Layers that stay as they are: those of base images. */
  readonly keep: ReadonlySet<Digest>;
}

/** The same chain with no time later than the epoch. Every layer but those of `keep` must be plain in the store. */
export async function clampTimes(
  store: LocalStore,
  layers: readonly Layer[],
  { epoch, keep, signal }: ClampOptions,
): Promise<readonly Layer[]> {
  const timeOf: TimeOf = ({ mtime, mtimeNsec }) =>
    mtime > epoch || (mtime === epoch && mtimeNsec > 0) ? epoch : undefined;
  const clamped: Layer[] = [];
  for (const layer of layers)
    clamped.push(keep.has(layer.diffId) ? layer : await retimeLayer(store, layer, timeOf, { signal }));
  return clamped;
}
