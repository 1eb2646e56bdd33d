import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { BatchHost } from "../native/batch.ts";
import { runInUserNamespace } from "../native/user-namespace-script.ts";
import { createHost, type TreeHost, treeWorkerUrl } from "../snapshot/tree-host.ts";
import type { TreeAnswer } from "../snapshot/tree-worker.ts";

/** A host for trees whose files belong to the ids of a user namespace: Node, as root of that namespace. */
export function createNamespaceHost(host: BatchHost, namespace: string): TreeHost {
  return createHost((onAnswer, onEnd) => {
    const args = [process.execPath, fileURLToPath(treeWorkerUrl())];
    const script = runInUserNamespace(host.arch, namespace, { args, env: [] });
    const worker = spawn(host.launcher, [], {
      stdio: ["pipe", "pipe", "inherit", "pipe", "ignore"],
      env: {},
      detached: true,
    });
    worker.on("error", onEnd);
    worker.on("exit", (code) => onEnd(new Error(`the worker ended with ${code}`)));
    const input = worker.stdin as Writable;
    for (const stream of [input, worker.stdio[3] as Writable]) stream.on("error", () => {});
    (worker.stdio[3] as Writable).end(script.bytes);
    createInterface({ input: worker.stdout as NonNullable<typeof worker.stdout> }).on("line", (line) => {
      onAnswer(JSON.parse(line) as TreeAnswer);
    });
    const handles = [worker, worker.stdin, worker.stdout, worker.stdio[3]] as { ref(): void; unref(): void }[];
    return {
      send: (request) => {
        for (const handle of handles) handle.ref();
        input.write(`${JSON.stringify(request)}\n`);
      },
      // A builder may end without having closed its runtime.
      idle: () => {
        for (const handle of handles) handle.unref();
      },
      close: async () => {
        worker.removeAllListeners("exit");
        input.end();
        worker.kill("SIGKILL");
      },
    };
  });
}
