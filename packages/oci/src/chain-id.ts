import { type Digest, digestOf } from "./digest.ts";

/**
 * The chain id of each layer: it names the layer together with all below it (OCI image-spec, config.md, "Layer
 * ChainID").
 *
 * @param diffIds Lowest first.
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
