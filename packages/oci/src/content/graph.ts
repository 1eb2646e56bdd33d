import { type AbortOptions, readAll } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { TsbuildError } from "../error.ts";
import { type Index, type Manifest, parseIndex, parseManifest } from "../manifest.ts";
import { isIndexType, isManifestType } from "../media-type.ts";
import { JSON_LIMIT } from "../shape.ts";
import type { ContentSource } from "./store.ts";

/** Indexes within indexes deeper than this are refused: nothing real is. */
const DEPTH_LIMIT = 8;

/** A manifest or an index, with its bytes as they are. */
export interface GraphNode {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
  readonly manifest?: Manifest;
  readonly index?: Index;
}

/** Tells whether content of this type names other content. */
export function hasChildren({ mediaType }: Descriptor): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType);
}

/** What a manifest or index consists of; `subject` is no part of it. */
export function childrenOf(node: GraphNode): readonly Descriptor[] {
  if (node.index !== undefined) return node.index.manifests;
  return node.manifest === undefined ? [] : [node.manifest.config, ...node.manifest.layers];
}

/**
 * Reads the manifest or index that `descriptor` names.
 * @throws TsbuildError NOT_FOUND, MANIFEST_INVALID, DIGEST_MISMATCH, SIZE_MISMATCH
 */
export async function readNode(
  source: ContentSource,
  descriptor: Descriptor,
  options: AbortOptions = {},
): Promise<GraphNode> {
  const { digest, mediaType, size } = descriptor;
  if (size > JSON_LIMIT)
    throw new TsbuildError("MANIFEST_INVALID", `${digest} says it has ${size} bytes: too many for a manifest`);
  const content = await readAll(await source.fetch(descriptor, options), { limit: JSON_LIMIT, signal: options.signal });
  if (isIndexType(mediaType)) return { descriptor, content, index: parseIndex(content) };
  if (isManifestType(mediaType)) return { descriptor, content, manifest: parseManifest(content) };
  throw new TsbuildError("MANIFEST_INVALID", `${digest} is neither an image manifest nor an index but ${mediaType}`);
}

/** Options of {@link walkGraph}. */
export interface WalkOptions extends AbortOptions {
  /** Called for a manifest that is not there; the walk then goes on without it. Without this, the walk fails. */
  readonly onMissing?: (descriptor: Descriptor, error: TsbuildError) => void;
}

/** All manifests and indexes that `root` leads to, each once, parents before children. */
export async function* walkGraph(
  source: ContentSource,
  root: Descriptor,
  options: WalkOptions = {},
): AsyncGenerator<GraphNode, void, undefined> {
  const seen = new Set<string>();
  const pending = [{ descriptor: root, depth: 0 }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { descriptor, depth } = next;
    if (seen.has(descriptor.digest) || !hasChildren(descriptor)) continue;
    seen.add(descriptor.digest);
    if (depth > DEPTH_LIMIT) throw tooDeep(root);
    const node = await nodeOrMissing(source, descriptor, options);
    if (node === undefined) continue;
    yield node;
    pending.push(...childrenOf(node).map((child) => ({ descriptor: child, depth: depth + 1 })));
  }
}

async function nodeOrMissing(
  source: ContentSource,
  descriptor: Descriptor,
  options: WalkOptions,
): Promise<GraphNode | undefined> {
  try {
    return await readNode(source, descriptor, options);
  } catch (error) {
    if (options.onMissing === undefined || !TsbuildError.is(error, "NOT_FOUND")) throw error;
    options.onMissing(descriptor, error);
    return undefined;
  }
}

function tooDeep(root: Descriptor): TsbuildError<"MANIFEST_INVALID"> {
  return new TsbuildError("MANIFEST_INVALID", `${root.digest} holds indexes nested more than ${DEPTH_LIMIT} deep`);
}
