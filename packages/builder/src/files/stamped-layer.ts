import { type Layer, type LayerIndex, type LayerStore, readLayerIndex } from "@tsbuild/oci";
import { nameOf, parentOf } from "./names.ts";

/**
 * A layer of a chain. One that COPY, ADD or WORKDIR made under an epoch says which: all that it adds has that time, and
 * the same layer under another epoch is got by exchanging that time alone.
 */
export interface StampedLayer extends Layer {
  /** Seconds since 1970. */
  readonly stamp?: number;
  /** Folders that the layer only names, and that have that very time from elsewhere: they keep it. @default none */
  readonly fixed?: readonly string[];
}

/** The epoch that a layer was made under; undefined: its times are its own. */
export function stampOf(layer: Layer): number | undefined {
  return "stamp" in layer && typeof layer.stamp === "number" ? layer.stamp : undefined;
}

/** Tells of an entry of a stamped layer whether its time is the stamp. */
export function isStamped(layer: Layer, entry: { readonly path: string; readonly mtime: number }): boolean {
  const fixed: unknown = "fixed" in layer ? layer.fixed : undefined;
  return stampOf(layer) === entry.mtime && !(Array.isArray(fixed) && fixed.includes(entry.path));
}

/** Tells of folders in a chain whether they have their time from an epoch. Reads layers only where one is stamped. */
export function stampedFolders(store: LayerStore, layers: readonly Layer[]): (path: string) => boolean {
  if (layers.every((layer) => stampOf(layer) === undefined)) return () => false;
  const indexes = new Map<Layer, LayerIndex>();
  const indexOf = (layer: Layer): LayerIndex => {
    const index = indexes.get(layer) ?? readLayerIndex(store, layer.diffId);
    indexes.set(layer, index);
    return index;
  };
  return (path) => {
    for (const layer of layers.toReversed()) {
      const entry = indexOf(layer).directory(parentOf(path))?.entries.get(nameOf(path));
      if (entry !== undefined && entry.implied !== true) return isStamped(layer, entry);
    }
    return false;
  };
}
