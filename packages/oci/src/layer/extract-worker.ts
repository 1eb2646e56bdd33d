import { parentPort, workerData } from "node:worker_threads";
import { createExtractor } from "./extractor.ts";
import type { TreeEntry } from "./tree.ts";

/** A message to the worker: entries to write, in the order of the tree's walk. */
export interface ExtractRequest {
  readonly entries: readonly TreeEntry[];
  /** Nothing follows. */
  readonly last?: boolean;
}

/** The answer to each message. */
export interface ExtractReply {
  readonly skipped: readonly string[];
  /** What failed. */
  readonly problem?: string;
}

const extractor = createExtractor(workerData as { directory: string; owners: boolean });

parentPort?.on("message", ({ entries, last }: ExtractRequest) => {
  parentPort?.postMessage(answer(entries, last === true));
});

function answer(entries: readonly TreeEntry[], last: boolean): ExtractReply {
  try {
    for (const entry of entries) extractor.write(entry);
    if (last) extractor.finish();
    return { skipped: extractor.skipped };
  } catch (error) {
    return { skipped: [], problem: error instanceof Error ? error.message : String(error) };
  }
}
