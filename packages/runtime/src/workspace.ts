import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type AbortOptions, type Layer, TsbuildError } from "@tsbuild/oci";
import type { Backend, BackendProcess } from "./backends/backend.ts";
import { createLimitedCgroup, type LimitedCgroup } from "./backends/limits.ts";
import { createExecution } from "./execution.ts";
import { planProcess } from "./plan-process.ts";
import type { Execution, ProcessSpec } from "./process.ts";
import type { Workspace } from "./runtime.ts";
import { removeTree } from "./snapshot/remove-tree.ts";
import type { Snapshot, Snapshotter } from "./snapshot/snapshotter.ts";
import type { TreeHost } from "./snapshot/tree-host.ts";
import type { Stub } from "./snapshot/tree-job.ts";
import type { UserNamespace } from "./spec/container-spec.ts";

export interface WorkspaceContext {
  readonly backend: Backend;
  readonly snapshotter: Snapshotter;
  readonly trees: TreeHost;
  readonly userNamespace: UserNamespace | undefined;
  /** No process can be another user than root. */
  readonly singleId: boolean;
}

/** What a workspace is doing. */
type Phase = "ready" | "executing" | "used up";

/** A workspace on a snapshot that was just prepared. */
export function createWorkspace(snapshot: Snapshot, context: WorkspaceContext): Workspace {
  let phase: Phase = "ready";
  let current: Execution | undefined;
  let runs = 0;
  const stubs = new Map<string, Stub>();

  const start = async (process: ProcessSpec, folder: string) => {
    mkdirSync(join(folder, "memory"), { recursive: true });
    let opened = 0;
    const { spec, stubs: missing } = await planProcess(process, {
      root: snapshot.mount(),
      view: snapshot.view,
      folder,
      userNamespace: context.userNamespace,
      singleId: context.singleId,
      openLayers: (layers, options) => context.snapshotter.open(layers, join(folder, `mount-${opened++}`), options),
    });
    for (const stub of missing) stubs.set(stub.path, stub);
    return startLimited(process, (beforeGo) =>
      context.backend.start(spec, {
        terminal: process.terminal,
        folder,
        limits: process.limits,
        ...(beforeGo ? { beforeGo } : {}),
      }),
    );
  };

  const requireReady = (action: string): void => {
    if (phase !== "ready") throw new TsbuildError("WORKSPACE_BUSY", `cannot ${action}: the workspace is ${phase}`);
  };

  const discard = async (): Promise<void> => {
    if (phase === "used up") return;
    current?.kill("SIGKILL");
    await current?.exited.catch(() => {});
    phase = "used up";
    await snapshot.discard();
  };

  return {
    execute: (process: ProcessSpec, { signal }: AbortOptions = {}): Execution => {
      requireReady("start a process");
      signal?.throwIfAborted();
      phase = "executing";
      const folder = join(snapshot.folder, `run-${runs++}`);
      current = createExecution(process, () => start(process, folder), {
        signal,
        cleanUp: async () => {
          phase = "ready";
          await removeRun(folder, context.trees);
        },
      });
      return current;
    },
    commit: async (options: AbortOptions = {}): Promise<Layer> => {
      requireReady("commit");
      phase = "used up";
      try {
        return await snapshot.commit([...stubs.values()], options);
      } catch (error) {
        await snapshot.discard();
        throw error;
      }
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

/** Starts a process in a cgroup with its limits, if it has any, and takes the cgroup away afterwards. */
function startLimited(
  process: ProcessSpec,
  start: (beforeGo?: (pid: number) => void) => BackendProcess,
): BackendProcess {
  const cgroup = limitedCgroup(process);
  if (!cgroup) return start();
  try {
    const running = start(cgroup.join);
    const status = running.ended.then((ended) => (cgroup.oomKilled() ? { ...ended, oomKilled: true } : ended));
    return { ...running, ended: status.finally(cgroup.remove) };
  } catch (error) {
    cgroup.remove();
    throw error;
  }
}

function limitedCgroup({ limits = {}, onWarning }: ProcessSpec): LimitedCgroup | undefined {
  if (Object.values(limits).every((limit) => limit === undefined)) return undefined;
  try {
    return createLimitedCgroup(limits);
  } catch (error) {
    onWarning?.(`limits are not kept here: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Writable mounts of layers may have become large, and belong to others. */
async function removeRun(folder: string, trees: TreeHost): Promise<void> {
  try {
    removeTree(folder);
  } catch {
    await trees.run({ type: "remove", path: folder });
  }
}
