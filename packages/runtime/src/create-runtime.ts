import { TsbuildError } from "@tsbuild/oci";
import { type Machine, openMachine } from "./machine.ts";
import { BACKENDS, createBackend, probeBackend, probeSnapshotter, SNAPSHOTTERS } from "./probe.ts";
import type { BackendReport, Runtime, RuntimeOptions, RuntimeReport, SnapshotterReport } from "./runtime.ts";
import { createCopySnapshotter } from "./snapshot/copy.ts";
import { createOverlaySnapshotter } from "./snapshot/overlay.ts";
import type { Snapshotter } from "./snapshot/snapshotter.ts";
import { sweep } from "./snapshot/work-folder.ts";
import { createWorkspace } from "./workspace.ts";

/**
 * Opens a runtime in `options.root`: with the back end and the snapshotter asked for, else the first that work here,
 * which is found out by trying. Sweeps what ended processes left there.
 *
 * For a user who is not root, all of it happens in a user namespace: with the ids of /etc/subuid where there are any,
 * else with a single one, where every file belongs to that user and no other can be become.
 * @throws TsbuildError RUNTIME_UNAVAILABLE
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const machine = await openMachine(options.root);
  try {
    await sweep(machine.folders, machine.trees);
    const { backend, snapshotter } = await choose(machine, options);
    return assemble(machine, options, { backend, snapshotter });
  } catch (error) {
    await machine.close();
    throw error;
  }
}

/** Tries every back end and every snapshotter. `root` as for {@link createRuntime}. */
export async function probeRuntime(options: { readonly root: string }): Promise<RuntimeReport> {
  const notes = ["The network of a process is the host's, or none: it has none of its own yet."];
  let machine: Machine;
  try {
    machine = await openMachine(options.root);
  } catch (error) {
    return nothingWorks(error instanceof Error ? error.message : String(error), notes);
  }
  try {
    const snapshotters = [];
    for (const name of SNAPSHOTTERS) snapshotters.push(await probeSnapshotter(name, machine));
    const snapshotter = snapshotters.find(({ available }) => available)?.name;
    const backends = [];
    for (const name of BACKENDS) backends.push(await probeBackend(name, machine, stackedBy(name, snapshotter)));
    const backend = backends.find(({ available }) => available)?.name;
    if (machine.lacks !== undefined) notes.push(`Files of other users than root cannot be kept: ${machine.lacks}.`);
    return {
      backends,
      snapshotters,
      chosen: backend && snapshotter && { backend, snapshotter: stackedBy(backend, snapshotter) },
      notes,
    };
  } finally {
    await machine.close();
  }
}

/** What mounts nothing needs the whole tree. */
function stackedBy(
  backend: BackendReport["name"],
  snapshotter: SnapshotterReport["name"] = "copy",
): SnapshotterReport["name"] {
  return backend === "chroot" || backend === "proot" ? "copy" : snapshotter;
}

interface Choice {
  readonly backend: BackendReport;
  readonly snapshotter: SnapshotterReport;
}

async function choose(machine: Machine, options: RuntimeOptions): Promise<Choice> {
  const reasons: string[] = [];
  for (const snapshotter of options.snapshotter ? [options.snapshotter] : SNAPSHOTTERS) {
    for (const name of options.backend ? [options.backend] : BACKENDS) {
      const backend = await probeBackend(name, machine, snapshotter);
      if (backend.available) return { backend, snapshotter: { name: snapshotter, available: true, reason: undefined } };
      reasons.push(`${name} with ${snapshotter}: ${backend.reason}`);
    }
  }
  throw new TsbuildError("RUNTIME_UNAVAILABLE", `no way to start a contained process (${reasons.join("; ")})`, {
    hint: "Run `tsbuild doctor`; building as root, or outside of a restricted container, usually helps.",
  });
}

function assemble(machine: Machine, { store }: RuntimeOptions, { backend, snapshotter: chosen }: Choice): Runtime {
  const { folders, trees, host, userNamespace, bare, lacks } = machine;
  const create = chosen.name === "overlay" ? createOverlaySnapshotter : createCopySnapshotter;
  const snapshotter: Snapshotter = create({
    folders,
    store,
    trees,
    host,
    privileged: userNamespace === undefined && bare === undefined,
    tolerateOwners: lacks !== undefined,
  });
  const chosenBackend = createBackend(backend.name, machine);
  const singleId = lacks !== undefined && !chosenBackend.pretendsUsers;
  const context = { backend: chosenBackend, snapshotter, trees, userNamespace, singleId };
  return {
    backend,
    snapshotter: chosen,
    prepare: async (layers, abort) => createWorkspace(await snapshotter.prepare(layers, abort), context),
    prune: (keep) => snapshotter.prune(keep),
    close: machine.close,
    [Symbol.asyncDispose]: machine.close,
  };
}

function nothingWorks(reason: string, notes: readonly string[]): RuntimeReport {
  const rootless = process.getuid?.() !== 0;
  return {
    backends: BACKENDS.map((name) => ({ name, available: false, reason, rootless, isolation: [] })),
    snapshotters: SNAPSHOTTERS.map((name) => ({ name, available: false, reason })),
    chosen: undefined,
    notes,
  };
}
