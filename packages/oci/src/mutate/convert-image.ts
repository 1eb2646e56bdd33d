import { type AbortOptions, bytesOf } from "../bytes.ts";
import { convertGraph, type ManifestFormat } from "../content/convert.ts";
import { type GraphNode, walkGraph } from "../content/graph.ts";
import type { ContentStore } from "../content/store.ts";
import type { Descriptor } from "../descriptor.ts";

/**
 * Writes an image, or all images of an index, in another format. Configs and layers keep their bytes.
 * @throws TsbuildError FORMAT_UNSUPPORTED where Docker has no word for something
 */
export async function convertImage(
  store: ContentStore,
  root: Descriptor,
  format: ManifestFormat,
  options: AbortOptions = {},
): Promise<Descriptor> {
  const nodes: GraphNode[] = [];
  for await (const node of walkGraph(store, root, options)) nodes.push(node);
  const converted = convertGraph(nodes, format);
  for (const { descriptor, content } of converted.toReversed())
    await store.push(descriptor, () => bytesOf(content), options);
  return converted[0]?.descriptor ?? root;
}
