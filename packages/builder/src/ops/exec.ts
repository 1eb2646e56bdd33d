import type { Layer } from "@tsbuild/oci";
import type { Execution, ExitStatus, Mount, ProcessSpec, Runtime, Workspace } from "@tsbuild/runtime";
import { BuildError } from "../build-error.ts";
import { stampLayers } from "../export/stamp-layers.ts";
import type { ExecOp } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpContext } from "../solver/op-runner.ts";
import { createCacheMounts } from "./cache-mounts.ts";
import { execMounts, type MountEnvironment, mountKeys } from "./exec-mounts.ts";
import { createLogTail } from "./log-tail.ts";
import { layersOf, makeAllPlain, type OpEnvironment, type OpKind, restoreOnTop, type Step } from "./op-environment.ts";

/**
 * RUN: a process on top of input 0, and what it wrote as a layer.
 *
 * The key holds the command, its environment and what it is mounted, and the key of what it runs on top of: never the
 * content of that, never proxies, the values of secrets, the addresses of hosts or what is in cache mounts.
 */
export function execKind(env: OpEnvironment): OpKind<ExecOp> {
  const mounting: MountEnvironment = { env, cacheMounts: createCacheMounts(env.store.folder("cache-mounts")) };
  return {
    async cacheKey(step, context) {
      const { op, inputs } = step;
      const { extraHosts, mounts: _, root, ...rest } = op;
      const base = root === -1 ? null : (inputs[0]?.key ?? null);
      const mounts = await mountKeys(mounting, step, context);
      const hosts = extraHosts.map((line) => line.slice(0, line.indexOf(":")));
      return cacheKeyOf({ ...rest, type: "exec", base, hosts, mounts });
    },
    restore: async ({ op, inputs }, kept) => restoreOnTop(env, layersOf(inputs, op.root ?? 0), kept),
    async execute(step, context) {
      const base = layersOf(step.inputs, step.op.root ?? 0);
      await makeAllPlain(env, base, context);
      const { signal } = context;
      const layer = await runIn(
        await env.runtime(),
        await stampLayers(env.store, base, { epoch: env.epoch, signal }),
        (workspace) => run(mounting, workspace, step, context),
        context,
      );
      return { layers: [...base, layer] };
    },
  };
}

async function runIn(
  runtime: Runtime,
  base: readonly Layer[],
  work: (workspace: Workspace) => Promise<void>,
  { signal }: OpContext,
): Promise<Layer> {
  const workspace = await runtime.prepare(base, { signal });
  try {
    await work(workspace);
    return await workspace.commit({ signal });
  } finally {
    await workspace.discard();
  }
}

async function run(
  mounting: MountEnvironment,
  workspace: Workspace,
  step: Step<ExecOp>,
  context: OpContext,
): Promise<void> {
  const { op, vertex } = step;
  const mounted = await execMounts(mounting, step, context);
  try {
    const { args, cwd, user, hostname, network, extraHosts, security } = op;
    const execution = workspace.execute(
      {
        ...{ args, cwd, user, hostname, network, extraHosts },
        mounts: [...sharedMemory(mounting.env), ...mounted.mounts],
        ...limitsOf(mounting.env, context),
        env: [...op.env, ...(vertex.meta.hiddenEnv ?? []), ...mounted.env],
        privileged: security === "insecure",
      },
      { signal: context.signal },
    );
    const tail = createLogTail(20);
    const [status] = await Promise.all([
      execution.exited,
      pump(execution, "stdout", [tail.add, context.log]),
      pump(execution, "stderr", [tail.add, context.log]),
    ]);
    if (status.exitCode !== 0) throw commandFailed(step, status, tail.lines());
  } finally {
    await mounted.release();
  }
}

/** /dev/shm, where it shall have another size than the runtime gives it. */
function sharedMemory({ shmSize }: OpEnvironment): readonly Mount[] {
  return shmSize === undefined ? [] : [{ type: "tmpfs", target: "/dev/shm", size: shmSize, mode: 0o1777 }];
}

function limitsOf({ limits }: OpEnvironment, { log }: OpContext): Pick<ProcessSpec, "limits" | "onWarning"> {
  if (limits === undefined) return {};
  return { limits, onWarning: (message) => log("stderr", Buffer.from(`warning: ${message}\n`)) };
}

async function pump(
  execution: Execution,
  stream: "stdout" | "stderr",
  takers: readonly ((stream: "stdout" | "stderr", data: Uint8Array) => void)[],
): Promise<void> {
  for await (const data of execution[stream]) for (const take of takers) take(stream, data);
}

function commandFailed({ op, vertex }: Step<ExecOp>, status: ExitStatus, logTail: readonly string[]): BuildError {
  const command = op.args.join(" ");
  const why = status.oomKilled === true ? " (out of memory)" : status.signal === undefined ? "" : ` (${status.signal})`;
  const ended = `process ${JSON.stringify(command)} did not complete successfully: exit code: ${status.exitCode}${why}`;
  const hint = hintFor(status, op.args);
  return new BuildError("COMMAND_FAILED", ended, {
    ...(hint === undefined ? {} : { hint }),
    ...{ vertex: vertex.digest, vertexName: vertex.meta.name, range: vertex.meta.range },
    ...{ exitCode: status.exitCode, logTail },
  });
}

function hintFor({ exitCode, oomKilled }: ExitStatus, args: readonly string[]): string | undefined {
  if (oomKilled === true) return "Give the build more memory, or let the command use less.";
  if (exitCode === 127)
    return `A command was not found: is it installed in the image, and is ${args[0] ?? "it"} in PATH?`;
  if (exitCode === 126) return "A file could not be executed: check its mode, its first line and its architecture.";
  return undefined;
}
