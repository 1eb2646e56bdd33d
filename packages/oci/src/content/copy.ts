import { type AbortOptions, type Bytes, bytesOf, verifiedAs } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { convertGraph, type ManifestFormat } from "./convert.ts";
import { copyReferrers } from "./copy-referrers.ts";
import { childrenOf, type GraphNode, hasChildren, readNode, walkGraph } from "./graph.ts";
import { forEachLimited } from "./limit.ts";
import { selectPlatforms } from "./select-platforms.ts";
import type { ContentSource, ContentStore, ImageSource, ImageTarget } from "./store.ts";
import type { TransferEvent } from "./transfer.ts";

/** Options of {@link copyContent}. */
export interface CopyContentOptions extends AbortOptions {
  /** How many blobs are under way at a time. @default 4 */
  readonly concurrency?: number;
  /** Of an index, only these platforms. One: just its manifest is copied. Several: a smaller index is made. */
  readonly platforms?: readonly string[];
  /** Where the target may find blobs without being sent them: what {@link ImageTarget.mount} understands. */
  readonly mountFrom?: string;
  /** Write manifests in this format. Their digests change, those of configs and layers do not. @default as they are */
  readonly format?: ManifestFormat;
  readonly onEvent?: (event: TransferEvent) => void;
}

/** Options of {@link copyImage}. */
export interface CopyImageOptions extends CopyContentOptions {
  /** The name at the target; the same one by default. Where that is a digest, the copy gets no name. */
  readonly as?: string;
  /**
   * Also what refers to the image: signatures, SBOMs and the like, by the lists of referrers and by cosign's tags.
   * Those of manifests that `platforms` or `format` changed are left behind. @default false
   */
  readonly referrers?: boolean;
}

/**
 * Copies the image `name` of `source`, with all it consists of, to `target`. Pull, push, save and load are this.
 * Between two repositories of one registry no blob is moved that the registry is able to mount.
 * @returns What the name stands for at the target.
 * @throws TsbuildError Those of `source` and `target`, with the side in the message; PLATFORM_NOT_FOUND
 */
export async function copyImage(
  source: ImageSource,
  target: ImageTarget,
  name: string,
  options: CopyImageOptions = {},
): Promise<Descriptor> {
  const { as = name, signal } = options;
  const root = await side("source", `cannot find ${name}`, () => source.resolve(name, { signal }));
  const { mountFrom = source.name, ...rest } = options;
  const contentOptions: CopyContentOptions = { ...rest, ...(mountFrom === undefined ? {} : { mountFrom }) };
  const copied = await copyContent(source, target, root, contentOptions);
  if (!isDigest(as)) await side("target", `cannot name the copy ${as}`, () => target.tag(copied, as, { signal }));
  if (options.referrers === true) {
    const { platforms: _platforms, format: _format, ...whole } = contentOptions;
    const copy = (referrer: Descriptor) => copyContent(source, target, referrer, whole);
    await copyReferrers({ source, target, copy, signal }, copied);
  }
  return copied;
}

/**
 * Copies what `root` names and all it refers to, children before parents; what is there already is left alone.
 * @returns `root`, or what `platforms` makes of it.
 */
export async function copyContent(
  source: ContentSource,
  target: ContentStore & Pick<ImageTarget, "mount">,
  root: Descriptor,
  options: CopyContentOptions = {},
): Promise<Descriptor> {
  const transfer: Transfer = { source, target, options };
  if (!hasChildren(root)) {
    await copyBlob(transfer, root);
    return root;
  }
  const { descriptor, nodes } = await side("source", `cannot read ${root.digest}`, () => readGraph(transfer, root));
  await forEachLimited(await blobsOf(source, nodes, options), options.concurrency ?? 4, (blob) =>
    copyBlob(transfer, blob),
  );
  for (const node of nodes.toReversed()) await copyNode(transfer, node, nodes);
  return descriptor;
}

interface Transfer {
  readonly source: ContentSource;
  readonly target: ContentStore & Pick<ImageTarget, "mount">;
  readonly options: CopyContentOptions;
}

async function readGraph(
  { source, options: { platforms = [], format, signal } }: Transfer,
  root: Descriptor,
): Promise<{ descriptor: Descriptor; nodes: readonly GraphNode[] }> {
  const node = await readNode(source, root, { signal });
  const { descriptor, content } = selectPlatforms(node, platforms);
  const from = content === undefined ? source : withContent(source, descriptor, content);
  const nodes: GraphNode[] = [];
  for await (const each of walkGraph(from, descriptor, { signal })) nodes.push(each);
  const ordered = parentsFirst(nodes);
  if (format === undefined) return { descriptor, nodes: ordered };
  const converted = convertGraph(ordered, format);
  return { descriptor: converted[0]?.descriptor ?? descriptor, nodes: converted };
}

// A walk may meet a manifest before another one that also names it: no parent may come after its child.
function parentsFirst(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const byDigest = new Map(nodes.map((node) => [node.descriptor.digest as string, node]));
  const childrenFirst = new Set<GraphNode>();
  const visit = (node: GraphNode): void => {
    if (childrenFirst.has(node)) return;
    for (const { digest } of childrenOf(node)) {
      const child = byDigest.get(digest);
      if (child !== undefined) visit(child);
    }
    childrenFirst.add(node);
  };
  for (const node of nodes) visit(node);
  return [...childrenFirst].reverse();
}

async function blobsOf(
  source: ContentSource,
  nodes: readonly GraphNode[],
  { signal }: AbortOptions,
): Promise<readonly Descriptor[]> {
  const all = nodes.flatMap(childrenOf).filter((child) => !hasChildren(child));
  const blobs = [...new Map(all.map((blob) => [blob.digest, blob])).values()];
  const wanted = await Promise.all(blobs.map(async (blob) => !isForeign(blob) || source.exists(blob, { signal })));
  return blobs.filter((_, at) => wanted[at]);
}

// Foreign layers may not be redistributed; their `urls` say where they are. They are copied only where the source has them.
function isForeign({ mediaType }: Descriptor): boolean {
  return mediaType === MEDIA_TYPE.dockerForeignLayerGzip || mediaType.includes(".layer.nondistributable.");
}

async function copyBlob({ source, target, options }: Transfer, blob: Descriptor): Promise<void> {
  const { signal, onEvent, mountFrom } = options;
  signal?.throwIfAborted();
  const skipped = await side("target", `cannot look for ${blob.digest}`, async () => {
    if (await target.exists(blob, { signal })) return "exists";
    return mountFrom !== undefined && (await target.mount?.(blob, mountFrom, { signal })) ? "mounted" : undefined;
  });
  if (skipped !== undefined) return onEvent?.({ type: "transfer.skipped", descriptor: blob, reason: skipped });
  onEvent?.({ type: "transfer.started", descriptor: blob });
  const content = (): Promise<Bytes> => readMarked(source, blob, options);
  // It was asked for just now: the target need not look again.
  await side("target", `cannot write ${blob.digest}`, () => target.push(blob, content, { signal, anew: true }));
  onEvent?.({ type: "transfer.done", descriptor: blob });
}

async function copyNode(transfer: Transfer, node: GraphNode, nodes: readonly GraphNode[]): Promise<void> {
  const { target, options } = transfer;
  const { signal, onEvent } = options;
  const { descriptor, content } = node;
  signal?.throwIfAborted();
  await side("target", `cannot write the manifest ${descriptor.digest}`, async () => {
    if (await target.exists(descriptor, { signal }))
      return onEvent?.({ type: "transfer.skipped", descriptor, reason: "exists" });
    onEvent?.({ type: "transfer.started", descriptor });
    const push = () => target.push(descriptor, () => bytesOf(content), { signal, anew: true });
    await push().catch(async (error: unknown) => {
      if (!TsbuildError.is(error, "CONTENT_MISSING")) throw error;
      await copyAnew(transfer, childrenOf(node), nodes);
      await push();
    });
    onEvent?.({ type: "transfer.done", descriptor });
  });
}

// A registry may say that it has what it has lost, or what its caches still remember: it is sent all the same, once.
async function copyAnew(
  { source, target, options }: Transfer,
  children: readonly Descriptor[],
  nodes: readonly GraphNode[],
): Promise<void> {
  for (const child of children) {
    const node = nodes.find(({ descriptor }) => descriptor.digest === child.digest);
    if (node === undefined && isForeign(child)) continue;
    const content = () => (node === undefined ? readMarked(source, child, options) : bytesOf(node.content));
    await target.push(child, content, { signal: options.signal, anew: true });
  }
}

// The target reads this while it writes: its failures must still be told as the source's.
async function readMarked(
  source: ContentSource,
  blob: Descriptor,
  { signal, onEvent }: CopyContentOptions,
): Promise<Bytes> {
  const task = `cannot read ${blob.digest}`;
  const bytes = await side("source", task, () => source.fetch(blob, { signal }));
  const marked = async function* (): AsyncGenerator<Uint8Array> {
    let total = 0;
    try {
      for await (const chunk of bytes) {
        total += chunk.byteLength;
        onEvent?.({ type: "transfer.progress", descriptor: blob, bytes: total });
        yield chunk;
      }
    } catch (error) {
      throw sided("source", task, error);
    }
  };
  return verifiedAs(bytes, marked());
}

async function side<T>(name: "source" | "target", task: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sided(name, task, error);
  }
}

// Only errors of this project are retold, and only once: an abort's reason must stay itself.
function sided(name: "source" | "target", task: string, error: unknown): unknown {
  if (!(error instanceof TsbuildError) || SIDED.test(error.message)) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new TsbuildError(error.code, `${task} at the ${name}: ${error.message}`, { ...hint, cause: error });
}

const SIDED = / at the (?:source|target): /;

function withContent(source: ContentSource, descriptor: Descriptor, content: Uint8Array): ContentSource {
  return {
    exists: async (target, options) => target.digest === descriptor.digest || source.exists(target, options),
    fetch: async (target, options) =>
      target.digest === descriptor.digest ? bytesOf(content) : source.fetch(target, options),
  };
}
