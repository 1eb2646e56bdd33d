import { type AbortOptions, bytesOf } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestHex } from "../digest.ts";
import { canonicalJson } from "../json.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { familiarName, parseReference, withDefaultTag } from "../reference.ts";
import { type Member, packMembers, writeFile } from "./archive-pack.ts";
import type { DockerArchiveImage } from "./docker-archive.ts";
import { childrenOf, type GraphNode, walkGraph } from "./graph.ts";
import { LAYOUT_VERSION } from "./layout-header.ts";
import { CONTAINERD_NAME_ANNOTATION, NAME_ANNOTATION } from "./layout-index.ts";
import { storeName } from "./local-store-resolve.ts";
import type { ContentSource } from "./store.ts";

/** An image to write, and what it shall be called in the archive. */
export interface ArchiveImage {
  readonly name?: string;
  readonly descriptor: Descriptor;
}

/** Where an archive goes: a file, which is replaced only when all is written, or whoever takes the chunks. */
export type ArchiveOutput = string | ((chunk: Uint8Array) => void | Promise<void>);

/**
 * Writes images with all their content as an OCI layout in a tar. Layers are written as their manifests name them:
 * pack them before if they shall be small. The same images give the same bytes.
 * @throws TsbuildError NOT_FOUND where the source lacks content
 */
export async function writeOciArchive(
  source: ContentSource,
  images: readonly ArchiveImage[],
  output: ArchiveOutput,
  options: AbortOptions = {},
): Promise<void> {
  const graph = await readImages(source, images, options);
  const manifests = images.map(({ name, descriptor }) => annotated(descriptor, name && { [NAME_ANNOTATION]: name }));
  await write(source, { graph, files: layoutFiles(manifests) }, output, options);
}

/**
 * Writes images as `docker save` does: readable for every `docker load` (by `manifest.json`) and as an OCI layout (by
 * `index.json`). Of an image for several platforms all are written, but Docker's own reading sees the first.
 * @throws TsbuildError NOT_FOUND where the source lacks content, REFERENCE_INVALID
 */
export async function writeDockerArchive(
  source: ContentSource,
  images: readonly ArchiveImage[],
  output: ArchiveOutput,
  options: AbortOptions = {},
): Promise<void> {
  const graph = await readImages(source, images, options);
  const manifests = images.map(({ name, descriptor }) => annotated(descriptor, name && dockerNames(name)));
  const files = [...layoutFiles(manifests), ...dockerFiles(images, graph)];
  await write(source, { graph, files }, output, options);
}

interface File {
  readonly name: string;
  readonly content: Uint8Array;
}

interface ArchiveContent {
  readonly graph: readonly GraphNode[];
  readonly files: readonly File[];
}

async function readImages(
  source: ContentSource,
  images: readonly ArchiveImage[],
  options: AbortOptions,
): Promise<readonly GraphNode[]> {
  const nodes = new Map<string, GraphNode>();
  for (const { descriptor } of images)
    for await (const node of walkGraph(source, descriptor, options)) nodes.set(node.descriptor.digest, node);
  return [...nodes.values()];
}

function annotated(descriptor: Descriptor, names: Readonly<Record<string, string>> | "" | undefined): Descriptor {
  return names ? { ...descriptor, annotations: { ...descriptor.annotations, ...names } } : descriptor;
}

function dockerNames(name: string): Record<string, string> {
  const { tag = "" } = withDefaultTag(parseReference(name));
  return { [CONTAINERD_NAME_ANNOTATION]: storeName(name), ...(tag !== "" && { [NAME_ANNOTATION]: tag }) };
}

function layoutFiles(manifests: readonly Descriptor[]): readonly File[] {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests };
  return [
    { name: "oci-layout", content: canonicalJson({ imageLayoutVersion: LAYOUT_VERSION }) },
    { name: "index.json", content: canonicalJson(index) },
  ];
}

function dockerFiles(images: readonly ArchiveImage[], graph: readonly GraphNode[]): readonly File[] {
  const entries = new Map<string, DockerArchiveImage>();
  const repositories: Record<string, Record<string, string>> = {};
  for (const { name, descriptor } of images) {
    const manifest = firstManifest(descriptor, graph);
    if (manifest === undefined) continue;
    const { config, layers } = manifest;
    const tags = name === undefined ? [] : repositoryTags(name);
    const before = entries.get(config.digest)?.RepoTags ?? [];
    const RepoTags = [...before, ...tags.map(({ repository, tag }) => `${repository}:${tag}`)];
    entries.set(config.digest, { Config: blobName(config), RepoTags, Layers: layers.map(blobName) });
    const top = digestHex((layers.at(-1) ?? config).digest);
    for (const { repository, tag } of tags) repositories[repository] = { ...repositories[repository], [tag]: top };
  }
  return [
    { name: "manifest.json", content: canonicalJson([...entries.values()]) },
    { name: "repositories", content: canonicalJson(repositories) },
  ];
}

// A name with a digest has no tag that an engine could give the image.
function repositoryTags(name: string): readonly { readonly repository: string; readonly tag: string }[] {
  const { tag, registry, repository } = withDefaultTag(parseReference(name));
  return tag === undefined ? [] : [{ repository: familiarName({ registry, repository }), tag }];
}

function firstManifest(root: Descriptor, graph: readonly GraphNode[]): GraphNode["manifest"] {
  const node = graph.find(({ descriptor }) => descriptor.digest === root.digest);
  const first = node?.index?.manifests[0];
  return first === undefined ? node?.manifest : firstManifest(first, graph);
}

function blobName({ digest }: Descriptor): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function write(
  source: ContentSource,
  { graph, files }: ArchiveContent,
  output: ArchiveOutput,
  options: AbortOptions,
): Promise<void> {
  const chunks = packMembers(membersOf(source, { graph, files }, options), options);
  if (typeof output === "string") return writeFile(output, chunks);
  for await (const chunk of chunks) await output(chunk);
}

async function* membersOf(
  source: ContentSource,
  { graph, files }: ArchiveContent,
  options: AbortOptions,
): AsyncGenerator<Member, void, undefined> {
  for (const { name, content } of files) yield { name, size: content.byteLength, content: bytesOf(content) };
  const written = new Set<string>();
  for (const { descriptor, content } of graph) {
    written.add(descriptor.digest);
    yield { name: blobName(descriptor), size: descriptor.size, content: bytesOf(content) };
  }
  for (const blob of graph.flatMap(childrenOf)) {
    if (written.has(blob.digest)) continue;
    written.add(blob.digest);
    yield { name: blobName(blob), size: blob.size, content: await source.fetch(blob, options) };
  }
}
