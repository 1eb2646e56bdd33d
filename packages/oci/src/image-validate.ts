import { createHash } from "node:crypto";
import { type AbortOptions, verified } from "./bytes.ts";
import { walkGraph } from "./content/graph.ts";
import type { ContentSource } from "./content/store.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestAlgorithm, digestHex } from "./digest.ts";
import { TsbuildError } from "./error.ts";
import { type Image, imageOf } from "./image.ts";
import { unpackTo } from "./layer/decompress.ts";
import type { Layer } from "./layer/layer.ts";

/**
 * Reads an image, or all images of an index, to the last byte and checks that everything fits together: sizes, digests,
 * the diffId of each layer, and as many history entries with a layer as there are layers.
 * @throws TsbuildError IMAGE_INVALID, SIZE_MISMATCH, DIGEST_MISMATCH, NOT_FOUND, MANIFEST_INVALID, CONFIG_INVALID
 */
export async function validateImage(
  source: ContentSource,
  root: Descriptor,
  options: AbortOptions = {},
): Promise<void> {
  const checked = new Set<string>();
  for await (const node of walkGraph(source, root, options)) {
    if (node.manifest === undefined) continue;
    const image = await imageOf(source, node, options);
    checkHistory(image);
    for (const layer of image.layers) {
      const key = `${layer.descriptor.digest} ${layer.diffId}`;
      if (!checked.has(key)) await checkLayer(source, layer, options);
      checked.add(key);
    }
  }
}

function checkHistory({ config, layers, descriptor }: Image): void {
  const { history } = config;
  if (history === undefined || history.length === 0) return;
  const withLayer = history.filter((entry) => entry.empty_layer !== true).length;
  if (withLayer === layers.length) return;
  const counts = `${withLayer} layers, there are ${layers.length}`;
  throw new TsbuildError("IMAGE_INVALID", `the history of ${descriptor.digest} tells of ${counts}`);
}

async function checkLayer(source: ContentSource, { descriptor, diffId }: Layer, options: AbortOptions): Promise<void> {
  const packed = verified(descriptor, await source.fetch(descriptor, options));
  const hash = createHash(digestAlgorithm(diffId));
  await unpackTo(
    packed,
    async (chunk) => {
      hash.update(chunk);
    },
    options,
  );
  if (hash.digest("hex") !== digestHex(diffId))
    throw new TsbuildError("IMAGE_INVALID", `the layer ${descriptor.digest} does not unpack to its diffId ${diffId}`);
}
