import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { AbortOptions, Bytes } from "../bytes.ts";
import { TsbuildError } from "../error.ts";
import { tarPadding } from "../tar/block.ts";
import { encodeEntry, TAR_END } from "../tar/write.ts";
import { workerUrl } from "../worker-url.ts";
import type { ExtractReply, ExtractRequest } from "./extract-worker.ts";
import { streamRange } from "./stream-range.ts";
import type { Tree, TreeEntry } from "./tree.ts";

/** Options of {@link extractTree}. */
export interface ExtractOptions extends AbortOptions {
  /** Give files the owners that the tree says; needs root. @default false: they belong to who runs this */
  readonly owners?: boolean;
}

/** What {@link extractTree} could not write. */
export interface Extracted {
  /** Paths of devices and FIFOs, which need more rights than an exporter has. */
  readonly skipped: readonly string[];
}

/** Entries sent to the worker at a time: few messages, little memory. */
const BATCH = 2000;

/**
 * Writes a tree into the folder `directory`, which is made where missing. What is there stays, but for what has a name of
 * the tree's. Nothing is ever written outside: a symlink in the way is replaced, never followed. Modes and times are
 * set; extended attributes are not. The work is done in a worker thread.
 *
 * @throws TsbuildError EXTRACT_FAILED
 */
export async function extractTree(
  tree: Pick<Tree, "walk">,
  directory: string,
  options: ExtractOptions = {},
): Promise<Extracted> {
  const { signal, owners = false } = options;
  signal?.throwIfAborted();
  const worker = new Worker(workerUrl(import.meta.url, "./extract-worker.ts"), { workerData: { directory, owners } });
  try {
    for (const entries of batches(tree)) {
      await ask(worker, { entries }, signal);
    }
    return { skipped: (await ask(worker, { entries: [], last: true }, signal)).skipped };
  } finally {
    await worker.terminate();
  }
}

/**
 * A tree as one flat tar: no whiteouts, parents before children, the second and later names of a file as hard links.
 */
export async function* streamTree(tree: Pick<Tree, "walk">, options: AbortOptions = {}): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, string>();
  for (const found of tree.walk("")) {
    options.signal?.throwIfAborted();
    if (found.path === "") continue;
    const first = found.linkGroup === undefined ? undefined : firstNames.get(found.linkGroup);
    if (first !== undefined) {
      yield encodeEntry({ ...found, type: "hardlink", linkName: first, size: 0 });
      continue;
    }
    if (found.linkGroup !== undefined) firstNames.set(found.linkGroup, found.path);
    yield encodeEntry(found);
    if (found.content === undefined) continue;
    yield* streamRange(found.content, options) as Bytes;
    yield new Uint8Array(tarPadding(found.size));
  }
  yield TAR_END;
}

function* batches(tree: Pick<Tree, "walk">): Generator<readonly TreeEntry[]> {
  let batch: TreeEntry[] = [];
  for (const entry of tree.walk("")) {
    batch.push(entry);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Sends one message and waits for its answer, for the worker's end, or for the abort. */
async function ask(worker: Worker, request: ExtractRequest, signal: AbortSignal | undefined): Promise<ExtractReply> {
  signal?.throwIfAborted();
  const settled = new AbortController();
  const until = { signal: signal === undefined ? settled.signal : AbortSignal.any([settled.signal, signal]) };
  try {
    worker.postMessage(request);
    // `once` also rejects on the worker's "error".
    const [reply] = (await Promise.race([once(worker, "message", until), ended(worker, until)])) as [ExtractReply];
    if (reply.problem !== undefined) throw failed(reply.problem);
    return reply;
  } catch (error) {
    signal?.throwIfAborted();
    throw TsbuildError.is(error) ? error : failed(error instanceof Error ? error.message : String(error));
  } finally {
    settled.abort();
  }
}

async function ended(worker: Worker, until: AbortOptions): Promise<never> {
  const [code] = await once(worker, "exit", { signal: until.signal as AbortSignal });
  throw failed(`the worker ended with ${code}`);
}

function failed(problem: string): TsbuildError {
  return new TsbuildError("EXTRACT_FAILED", `cannot write the files: ${problem}`);
}
