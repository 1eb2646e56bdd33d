import { createInterface } from "node:readline";
import { parentPort } from "node:worker_threads";
import { TsbuildError } from "@tsbuild/oci";
import { createBatchRunner } from "../native/batch.ts";
import { runTreeJob, type TreeJob } from "./tree-job.ts";

/** A job and its answer, as they pass between threads (as they are) or processes (as lines of JSON). */
export interface TreeRequest {
  readonly id: number;
  readonly job: TreeJob;
}

export interface TreeAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}

const batches = createBatchRunner();

function answer({ id, job }: TreeRequest): TreeAnswer {
  try {
    return { id, result: runTreeJob(job, batches) };
  } catch (error) {
    return { id, error: describe(error) };
  }
}

function describe(error: unknown): NonNullable<TreeAnswer["error"]> {
  if (TsbuildError.is(error)) return { code: error.code, message: error.message, hint: error.hint };
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const hint = full ? "Free space, or remove layers that nothing uses with prune." : undefined;
  return { code: "SNAPSHOT_FAILED", message, hint };
}

if (parentPort) {
  parentPort.on("message", (request: TreeRequest) => parentPort?.postMessage(answer(request)));
} else {
  createInterface({ input: process.stdin }).on("line", (line) => {
    process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as TreeRequest))}\n`);
  });
}
