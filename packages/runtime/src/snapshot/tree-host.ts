import { Worker } from "node:worker_threads";
import { TsbuildError, workerUrl } from "@tsbuild/oci";
import type { TreeJob, TreeJobResult } from "./tree-job.ts";
import type { TreeAnswer, TreeRequest } from "./tree-worker.ts";

/** Where file-heavy work is done. Jobs of one host are done one after the other. */
export interface TreeHost {
  run<Job extends TreeJob>(job: Job): Promise<TreeJobResult<Job>>;
  close(): Promise<void>;
}

/** What carries requests to a host and answers back. */
export interface TreeChannel {
  send(request: TreeRequest): void;
  close(): Promise<void>;
}

/** The compiled file of the worker: for a thread, or for `node`. */
export function treeWorkerUrl(): URL {
  return workerUrl(import.meta.url, "./tree-worker.ts");
}

/** A host in a thread, started with the first job and not keeping the process alive. */
export function createThreadHost(): TreeHost {
  return createHost((onAnswer, onEnd) => {
    const worker = new Worker(treeWorkerUrl(), { execArgv: [] });
    worker.unref();
    worker.on("message", onAnswer);
    worker.on("error", onEnd);
    worker.on("exit", (code) => onEnd(new Error(`the worker ended with ${code}`)));
    return {
      send: (request) => {
        worker.ref();
        worker.postMessage(request);
      },
      idle: () => worker.unref(),
      close: async () => {
        await worker.terminate();
      },
    };
  });
}

/** A host over any channel: numbers the jobs, and fails those under way when the other side ends. */
export function createHost(
  open: (onAnswer: (answer: TreeAnswer) => void, onEnd: (error: unknown) => void) => TreeChannel & { idle(): void },
): TreeHost {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();
  let channel: ReturnType<typeof open> | undefined;
  let last = 0;
  const onAnswer = ({ id, result, error }: TreeAnswer): void => {
    const job = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) channel?.idle();
    if (error) job?.reject(new TsbuildError(error.code, error.message, error.hint ? { hint: error.hint } : {}));
    else job?.resolve(result);
  };
  const onEnd = (cause: unknown): void => {
    channel = undefined;
    for (const job of waiting.values()) {
      job.reject(new TsbuildError("SNAPSHOT_FAILED", "the worker for file trees ended", { cause }));
    }
    waiting.clear();
  };
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        channel ??= open(onAnswer, onEnd);
        const id = ++last;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        channel.send({ id, job });
      }),
    close: async () => {
      await channel?.close();
      channel = undefined;
    },
  };
}

/** Several hosts as one: a job goes to the one with the fewest. */
export function createPool(hosts: readonly TreeHost[]): TreeHost {
  const load = hosts.map(() => 0);
  return {
    run: async (job) => {
      const index = load.indexOf(Math.min(...load));
      load[index] = (load[index] ?? 0) + 1;
      try {
        return await (hosts[index] as TreeHost).run(job);
      } finally {
        load[index] = (load[index] ?? 0) - 1;
      }
    },
    close: async () => {
      await Promise.all(hosts.map((host) => host.close()));
    },
  };
}
