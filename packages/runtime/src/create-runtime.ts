import { TsbuildError } from "@tsbuild/oci";
import { createNativeBackend } from "./backends/native.ts";
import { installLauncher, launcherArch } from "./native/install-launcher.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import { makeFolders } from "./snapshot/layer-folder.ts";
import { createOverlaySnapshotter } from "./snapshot/overlay.ts";
import { createPool, createThreadHost } from "./snapshot/tree-host.ts";
import { sweep } from "./snapshot/work-folder.ts";
import { createWorkspace } from "./workspace.ts";

/**
 * Opens a runtime in `options.root`, with the first back end that works here.
 * @throws TsbuildError RUNTIME_UNAVAILABLE
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const arch = launcherArch();
  if (!arch) throw new TsbuildError("RUNTIME_UNAVAILABLE", `RUN is not possible on ${process.arch}`);
  const folders = makeFolders(options.root);
  const host = { arch, launcher: installLauncher(arch, [folders.root]), scratch: folders.work };
  const trees = createPool([createThreadHost(), createThreadHost()]);
  await sweep(folders, trees);
  const backend = createNativeBackend(host);
  const snapshotter = createOverlaySnapshotter({
    folders,
    store: options.store,
    trees,
    host,
    privileged: true,
    tolerateOwners: false,
  });
  const context = { backend, snapshotter, trees, userNamespace: async () => undefined };
  const close = async (): Promise<void> => trees.close();
  return {
    backend: {
      name: "native",
      available: true,
      reason: undefined,
      rootless: false,
      isolation: ["mount", "pid", "ipc", "uts", "network", "seccomp", "capabilities"],
    },
    snapshotter: { name: "overlay", available: true, reason: undefined },
    prepare: async (layers, abort) => createWorkspace(await snapshotter.prepare(layers, abort), context),
    prune: (keep) => snapshotter.prune(keep),
    close,
    [Symbol.asyncDispose]: close,
  };
}
