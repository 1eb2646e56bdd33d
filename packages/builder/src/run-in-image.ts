import { type AbortOptions, type Image, type LocalStore, makePlain, mergeEnv } from "@tsbuild/oci";
import { createRegistryClient, type RegistryClient } from "@tsbuild/registry-client";
import type { Execution, ProcessSpec, Runtime, Workspace } from "@tsbuild/runtime";
import { createImageSource } from "./image-source.ts";

/** What to run in, and what brings it here. */
export interface RunTarget {
  readonly store: LocalStore;
  readonly runtime: Runtime;
  readonly image: Image;
  /** Who has layers that are not in the store. @default an anonymous client */
  readonly registry?: RegistryClient;
}

/**
 * Starts a process in an image's files. What `process` does not say comes from the image's config: its command
 * (ENTRYPOINT and CMD, where `args` is missing or empty), environment (merged by name), user and working directory.
 * What the process wrote is forgotten when it is gone.
 * @throws TsbuildError NOT_FOUND for a layer that nobody has, RUNTIME_FAILED; see `Execution` for the rest
 */
export async function runInImage(
  { store, runtime, image, registry }: RunTarget,
  process: Partial<ProcessSpec> = {},
  options: AbortOptions = {},
): Promise<Execution> {
  const client = registry ?? createRegistryClient();
  try {
    const source = createImageSource(store, client);
    for (const layer of image.layers) await makePlain(store, layer, { source, signal: options.signal });
  } finally {
    if (registry === undefined) await client.close();
  }
  const workspace = await runtime.prepare(image.layers, options);
  return discardedAfter(workspace, workspace.execute(processIn(image, process), options));
}

function processIn({ config: { config = {} } }: Image, process: Partial<ProcessSpec>): ProcessSpec {
  const { User: user = "", WorkingDir: cwd = "", Entrypoint, Cmd, Env = [] } = config;
  const args = process.args ?? [];
  return {
    ...(user === "" ? {} : { user }),
    ...(cwd === "" ? {} : { cwd }),
    ...process,
    args: args.length > 0 ? args : [...(Entrypoint ?? []), ...(Cmd ?? [])],
    env: mergeEnv(Env, process.env ?? []),
  };
}

function discardedAfter(workspace: Workspace, execution: Execution): Execution {
  const exited = execution.exited.finally(() => workspace.discard());
  // Whoever never asks for the end must not be ended by it.
  exited.catch(() => undefined);
  return {
    stdout: execution.stdout,
    stderr: execution.stderr,
    exited,
    kill: (signal) => execution.kill(signal),
    resize: (columns, rows) => execution.resize(columns, rows),
  };
}
