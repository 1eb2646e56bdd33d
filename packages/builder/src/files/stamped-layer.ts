import type { Layer } from "@tsbuild/oci";

/**
 * A layer of a chain. One that COPY, ADD or WORKDIR made under an epoch says which: all that it adds has that time, and
 * the same layer under another epoch is got by exchanging that time alone.
 */
export interface StampedLayer extends Layer {
  /** Seconds since 1970. */
  readonly stamp?: number;
}

/** The epoch that a layer was made under; undefined: its times are its own. */
export function stampOf(layer: Layer): number | undefined {
  return "stamp" in layer && typeof layer.stamp === "number" ? layer.stamp : undefined;
}

/** The epochs of a chain's layers. */
export function stampsOf(layers: readonly Layer[]): ReadonlySet<number> {
  return new Set(layers.flatMap((layer) => stampOf(layer) ?? []));
}
