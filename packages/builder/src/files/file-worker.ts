import { parentPort } from "node:worker_threads";
import { type LocalStore, openStore, TsbuildError } from "@tsbuild/oci";
import type { FileTask, FileTaskAnswer } from "./file-task.ts";
import { type Contexts, runFileTask } from "./run-file-task.ts";

const contexts: Contexts = new Map();
const stores = new Map<string, Promise<LocalStore>>();

function storeAt(root: string): Promise<LocalStore> {
  const opened = stores.get(root) ?? openStore(root);
  stores.set(root, opened);
  return opened;
}

async function answer(id: number, task: FileTask): Promise<FileTaskAnswer> {
  try {
    return { id, result: await runFileTask(await storeAt(task.storeRoot), task, contexts) };
  } catch (error) {
    const known = TsbuildError.is(error);
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: { code: known ? error.code : "FILE_FAILED", message, hint: known ? error.hint : undefined } };
  }
}

let turn = Promise.resolve();
parentPort?.on("message", ({ id, task }: { readonly id: number; readonly task: FileTask }) => {
  turn = turn.then(async () => parentPort?.postMessage(await answer(id, task)));
});
