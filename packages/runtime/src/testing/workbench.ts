import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Layer, type LocalStore, openStore, openTree, type Tree, writeLayer } from "@tsbuild/oci";
import { createRuntime } from "../create-runtime.ts";
import type { ExitStatus, ProcessSpec } from "../process.ts";
import type { Runtime, RuntimeOptions, Workspace } from "../runtime.ts";
import { removeTree } from "../snapshot/remove-tree.ts";
import { busyboxEntries } from "./busybox.ts";

/** A runtime with a store of its own and a layer with busybox, for tests. */
export interface Workbench {
  readonly folder: string;
  readonly store: LocalStore;
  readonly runtime: Runtime;
  readonly base: Layer;
  /** The tree of a chain, to look into. */
  tree(layers: readonly Layer[]): Tree;
  /** Runs a shell command on top of `layers` and commits. */
  run(
    command: string,
    layers?: readonly Layer[],
    process?: Partial<ProcessSpec>,
  ): Promise<RunResult & { layer: Layer }>;
  /** What a process says that must end well; nothing is committed. */
  output(process: Partial<ProcessSpec>, layers?: readonly Layer[]): Promise<string>;
  close(): Promise<void>;
}

export interface RunResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

export async function openWorkbench(options: Partial<RuntimeOptions> = {}): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), "tsbuild-runtime-"));
  const store = await openStore(join(folder, "store"));
  const runtime = await createRuntime({ root: join(folder, "runtime"), store, ...options });
  const base = await writeLayer(store, busyboxEntries());
  return {
    folder,
    store,
    runtime,
    base,
    tree: (layers) => openTree(store, layers),
    run: async (command, layers = [base], process = {}) => {
      await using workspace = await runtime.prepare(layers);
      const result = await execute(workspace, { args: ["/bin/sh", "-c", command], ...process });
      return { ...result, layer: await workspace.commit() };
    },
    output: async (process, layers = [base]) => {
      await using workspace = await runtime.prepare(layers);
      const { stdout, stderr, status } = await execute(workspace, { args: ["true"], ...process });
      if (status.exitCode !== 0) throw new Error(`exit ${status.exitCode}: ${stderr}`);
      return stdout;
    },
    close: async () => {
      await runtime.close();
      await store.close();
      removeTree(folder);
    },
  };
}

/** Starts a process and waits for it, reading all it says. */
export async function execute(workspace: Workspace, process: ProcessSpec): Promise<RunResult> {
  const execution = workspace.execute(process);
  const [stdout, stderr, status] = await Promise.all([
    readText(execution.stdout),
    readText(execution.stderr),
    execution.exited,
  ]);
  return { status, stdout, stderr };
}

/** All that a stream says. */
export async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
