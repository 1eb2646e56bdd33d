import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { AbortOptions, Bytes } from "@tsbuild/oci";
import type { BackendProcess } from "./backends/backend.ts";
import type { Execution, ExitStatus, ProcessSpec } from "./process.ts";

/** How long a process may take to end by itself after an abort, in milliseconds. */
const GRACE_MS = 2000;

/**
 * Shows a process that `start` brings up as an {@link Execution}. `cleanUp` runs when it is gone, before `exited` settles.
 */
export function createExecution(
  process: ProcessSpec,
  start: () => Promise<BackendProcess>,
  { signal, cleanUp }: AbortOptions & { readonly cleanUp: () => Promise<void> },
): Execution {
  const started = start();
  started.catch(() => {});
  return {
    stdout: streamOf(started.then((running) => running.stdout)),
    stderr: streamOf(started.then((running) => running.stderr)),
    exited: exitOf(process, started, { signal, cleanUp }),
    kill: (name = "SIGTERM") => {
      started.then(async (running) => sendSignal(await running.target(), name)).catch(() => {});
    },
    resize: (columns, rows) => {
      started.then((running) => running.resize(columns, rows)).catch(() => {});
    },
  };
}

async function exitOf(
  process: ProcessSpec,
  started: Promise<BackendProcess>,
  { signal, cleanUp }: AbortOptions & { readonly cleanUp: () => Promise<void> },
): Promise<ExitStatus> {
  try {
    const running = await started;
    if (process.stdin) running.writeInput(process.stdin).catch(() => {});
    else running.writeInput(nothing()).catch(() => {});
    const stopWatching = onAbort(signal, () => end(running));
    try {
      const status = await running.ended;
      signal?.throwIfAborted();
      return status;
    } finally {
      stopWatching();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await cleanUp();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Ends of themselves where the process ends; a process that did not come to be has said nothing. */
async function* streamOf(opened: Promise<Readable | undefined>): Bytes {
  const stream = await opened.catch(() => undefined);
  if (!stream) return;
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    // The other end of a terminal is gone.
    if ((error as NodeJS.ErrnoException).code !== "EIO") throw error;
  }
}

function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal?.aborted) action();
  signal?.addEventListener("abort", action, { once: true });
  return () => signal?.removeEventListener("abort", action);
}

/** Asks politely, and ends it where it does not listen or takes too long. */
function end(running: BackendProcess): void {
  const force = (): void => running.destroy();
  running
    .target()
    .then((pid) => {
      if (pid === undefined || !listensTo(pid, "SIGTERM")) return force();
      sendSignal(pid, "SIGTERM");
      const timer = setTimeout(force, GRACE_MS);
      const stop = (): void => clearTimeout(timer);
      running.ended.then(stop, stop);
    })
    .catch(force);
}

/** The first process of a namespace does not get signals that it has no handler for. */
function listensTo(pid: number, name: NodeJS.Signals): boolean {
  try {
    const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
    return (BigInt(`0x${caught}`) & (1n << BigInt(constants.signals[name] - 1))) !== 0n;
  } catch {
    return false;
  }
}

function sendSignal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    globalThis.process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
