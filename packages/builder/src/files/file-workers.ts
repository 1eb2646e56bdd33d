import { Worker } from "node:worker_threads";
import { type AbortOptions, workerUrl } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import type { FileTask, FileTaskAnswer, FileTaskResult } from "./file-task.ts";

/** The threads that do the file work of one build. */
export interface FileWorkers extends AsyncDisposable {
  /**
   * Runs a task in the thread for `affinity`: one context is walked by one thread only. After an abort it settles when
   * the thread is gone, so that nobody writes any more.
   */
  run(affinity: string, task: FileTask, options?: AbortOptions): Promise<FileTaskResult>;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve(result: FileTaskResult): void; reject(error: unknown): void }>;
}

/** @param most How many threads at most. Starting one takes about 25 ms: none is started before it is needed. */
export function createFileWorkers(most = 2): FileWorkers {
  const threads: Thread[] = [];
  const places = new Map<string, number>();
  let count = 0;
  const threadFor = (affinity: string): Thread => {
    const place = places.get(affinity) ?? places.size % most;
    places.set(affinity, place);
    threads[place] ??= startThread();
    return threads[place];
  };
  const close = async (): Promise<void> => {
    await Promise.all(threads.filter((thread) => thread !== undefined).map(({ worker }) => worker.terminate()));
  };
  return {
    async run(affinity, task, { signal } = {}) {
      signal?.throwIfAborted();
      const thread = threadFor(affinity);
      const stop = (): void => void thread.worker.terminate();
      signal?.addEventListener("abort", stop, { once: true });
      try {
        return await send(thread, ++count, task);
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function startThread(): Thread {
  // Without the flags of this process: a loader or condition meant for sources has no place in compiled code.
  const worker = new Worker(workerUrl(import.meta.url, "./file-worker.ts"), { execArgv: [] });
  const waiting: Thread["waiting"] = new Map();
  const failAll = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.unref();
  worker.on("message", (answer: FileTaskAnswer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ("result" in answer) asked?.resolve(answer.result);
    else asked?.reject(asError(answer.error));
  });
  worker.on("error", failAll);
  worker.on("exit", () => failAll(new Error("the file thread has ended")));
  return { worker, waiting };
}

function send({ worker, waiting }: Thread, id: number, task: FileTask): Promise<FileTaskResult> {
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, task });
  });
}

function asError({ code, message, hint }: { code: string; message: string; hint: string | undefined }): BuildError {
  return new BuildError(code, message, hint === undefined ? {} : { hint });
}
