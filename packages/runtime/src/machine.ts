import { cpus } from "node:os";
import { TsbuildError } from "@tsbuild/oci";
import type { BatchHost } from "./native/batch.ts";
import { createForker, type Forker } from "./native/forker.ts";
import { installLauncher, launcherArch } from "./native/install-launcher.ts";
import { makeFolders, type SnapshotFolders } from "./snapshot/layer-folder.ts";
import { createPool, createThreadHost, type TreeHost } from "./snapshot/tree-host.ts";
import { createUserNamespace, type HeldUserNamespace } from "./userns/create-user-namespace.ts";
import { createNamespaceHost } from "./userns/namespace-tree-host.ts";

/** What all back ends and snapshotters of one root share. */
export interface Machine {
  readonly folders: SnapshotFolders;
  readonly host: BatchHost;
  readonly forker: Forker;
  /** Does the work on files with the rights that they need. */
  readonly trees: TreeHost;
  /** Only for a user who is not root. */
  readonly userNamespace: HeldUserNamespace | undefined;
  close(): Promise<void>;
}

const MAX_THREADS = 2;

/**
 * Makes the launcher ready, and, for a user who is not root, a user namespace.
 * @throws TsbuildError RUNTIME_UNAVAILABLE
 */
export async function openMachine(root: string): Promise<Machine> {
  const arch = launcherArch();
  if (!arch || process.platform !== "linux")
    throw new TsbuildError(
      "RUNTIME_UNAVAILABLE",
      `processes cannot be started on ${process.platform} ${process.arch}`,
      {
        hint: "RUN needs Linux on x64 or arm64; everything else works anywhere.",
      },
    );
  const folders = makeFolders(root);
  const host = { arch, launcher: installLauncher(arch, [folders.root]), scratch: folders.work };
  const forker = createForker(host);
  const userNamespace = process.getuid?.() === 0 ? undefined : await openUserNamespace(forker);
  const trees = userNamespace
    ? createNamespaceHost(host, userNamespace.path)
    : createPool(Array.from({ length: Math.min(MAX_THREADS, cpus().length) }, createThreadHost));
  return {
    folders,
    host,
    forker,
    trees,
    userNamespace,
    close: async () => {
      await trees.close();
      userNamespace?.close();
      forker.close();
    },
  };
}

async function openUserNamespace(forker: Forker): Promise<HeldUserNamespace> {
  try {
    return await createUserNamespace(forker);
  } catch (cause) {
    forker.close();
    throw noNamespace(cause);
  }
}

function noNamespace(cause: unknown): TsbuildError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new TsbuildError("RUNTIME_UNAVAILABLE", `this user cannot start contained processes${reason}`, {
    cause,
    hint: "Run as root, or let unprivileged users make user namespaces on this machine.",
  });
}
