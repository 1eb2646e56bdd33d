import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { canonicalJson } from "../json.ts";
import type { Index, Manifest } from "../manifest.ts";
import { isIndexType, layerCompression, layerMediaType, MEDIA_TYPE } from "../media-type.ts";
import type { GraphNode } from "./graph.ts";

/** In whose media types manifests are written: OCI's, or those of Docker's schema 2. */
export type ManifestFormat = "oci" | "docker";

/**
 * Manifests and indexes in another format. Configs and layers stay as they are, only what they are called changes; what
 * is in that format already keeps its bytes and so its digest.
 *
 * @param nodes All that the first one leads to, parents before children.
 * @throws TsbuildError FORMAT_UNSUPPORTED where Docker has no word for something
 */
export function convertGraph(nodes: readonly GraphNode[], format: ManifestFormat): readonly GraphNode[] {
  const converted = new Map<string, GraphNode>();
  for (const node of nodes.toReversed()) converted.set(node.descriptor.digest, convertNode(node, format, converted));
  return nodes.map((node) => converted.get(node.descriptor.digest) ?? node);
}

function convertNode(node: GraphNode, format: ManifestFormat, children: ReadonlyMap<string, GraphNode>): GraphNode {
  if (node.index !== undefined) return convertIndex(node, node.index, format, children);
  return node.manifest === undefined ? node : convertManifest(node, node.manifest, format);
}

function convertIndex(
  node: GraphNode,
  index: Index,
  format: ManifestFormat,
  children: ReadonlyMap<string, GraphNode>,
): GraphNode {
  const mediaType = format === "oci" ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerManifestList;
  const manifests = index.manifests.map((entry) => {
    const { mediaType: type, digest, size } = children.get(entry.digest)?.descriptor ?? entry;
    return { ...plainIn(format, entry), mediaType: type, digest, size };
  });
  const same = manifests.every(({ digest }, at) => digest === index.manifests[at]?.digest);
  if (same && node.descriptor.mediaType === mediaType) return node;
  const made: Index = { ...plainIn(format, index), schemaVersion: 2, mediaType, manifests };
  return { ...describe(node, made), index: made };
}

function convertManifest(node: GraphNode, manifest: Manifest, format: ManifestFormat): GraphNode {
  const { config, layers } = manifest;
  const known = config.mediaType === MEDIA_TYPE.ociConfig || config.mediaType === MEDIA_TYPE.dockerConfig;
  // An artifact is OCI's own.
  if (!known && format === "oci") return node;
  if (!known) throw unsupported(node, `an artifact with a config of type ${config.mediaType}`);
  const mediaType = format === "oci" ? MEDIA_TYPE.ociManifest : MEDIA_TYPE.dockerManifest;
  const configType = format === "oci" ? MEDIA_TYPE.ociConfig : MEDIA_TYPE.dockerConfig;
  const packed = layers.find((layer) => layerCompression(layer.mediaType) === "zstd");
  if (format === "docker" && packed !== undefined)
    throw unsupported(node, `the layer ${packed.digest}, packed with zstd`);
  const typed = layers.map((layer) => ({ ...layer, mediaType: layerMediaType(layer.mediaType, format) }));
  const same = typed.every((layer, at) => layer.mediaType === layers[at]?.mediaType);
  if (same && config.mediaType === configType && node.descriptor.mediaType === mediaType) return node;
  const made: Manifest = {
    ...plainIn(format, manifest),
    schemaVersion: 2,
    mediaType,
    config: { ...config, mediaType: configType },
    layers: typed,
  };
  return { ...describe(node, made), manifest: made };
}

/** Docker's formats have no annotations, subjects and artifact types. */
function plainIn<T extends object>(format: ManifestFormat, value: T): T {
  if (format === "oci") return value;
  const { annotations: _a, subject: _s, artifactType: _t, ...rest } = value as Record<string, unknown>;
  return rest as T;
}

function describe(node: GraphNode, value: Manifest | Index): { descriptor: Descriptor; content: Uint8Array } {
  const content = canonicalJson(value);
  const mediaType = value.mediaType ?? node.descriptor.mediaType;
  return {
    content,
    descriptor: { ...node.descriptor, mediaType, digest: digestOf(content), size: content.byteLength },
  };
}

function unsupported({ descriptor }: GraphNode, what: string): TsbuildError<"FORMAT_UNSUPPORTED"> {
  const kind = isIndexType(descriptor.mediaType) ? "index" : "manifest";
  return new TsbuildError("FORMAT_UNSUPPORTED", `the ${kind} ${descriptor.digest} cannot be one of Docker's: ${what}`, {
    hint: "keep it in OCI's format, or pack its layers with gzip",
  });
}
