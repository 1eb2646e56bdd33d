import type { Digest, Layer } from "@tsbuild/oci";

/**
 * The chain with each layer once, at its last place: the same tree. Whatever an earlier occurrence puts or removes, the
 * last one puts or removes again, on top of all that came between. Steps that change nothing all have the same, empty
 * layer, and an overlay refuses a folder that it is given twice.
 */
export function distinctLayers(layers: readonly Layer[]): readonly Layer[] {
  const seen = new Set<Digest>();
  const kept = layers.toReversed().filter(({ diffId }) => {
    if (seen.has(diffId)) return false;
    seen.add(diffId);
    return true;
  });
  return kept.reverse();
}
