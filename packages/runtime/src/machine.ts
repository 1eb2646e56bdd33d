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
  /** Why this user, who is not root, can not even have a user namespace; undefined where all is well. */
  readonly bare: string | undefined;
  /** Why only one user and group exist here, where that is so. */
  readonly lacks: string | undefined;
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
  const found = process.getuid?.() === 0 ? {} : await openUserNamespace(forker);
  const { userNamespace, bare } = found;
  const trees = userNamespace
    ? createNamespaceHost(host, userNamespace.path)
    : createPool(Array.from({ length: Math.min(MAX_THREADS, cpus().length) }, createThreadHost));
  return {
    folders,
    host,
    forker,
    trees,
    userNamespace,
    bare,
    lacks: bare ?? userNamespace?.lacks,
    close: async () => {
      await trees.close();
      userNamespace?.close();
      forker.close();
    },
  };
}

interface FoundNamespace {
  readonly userNamespace?: HeldUserNamespace;
  readonly bare?: string;
}

/** What has no namespaces has still the rungs that need none. */
async function openUserNamespace(forker: Forker): Promise<FoundNamespace> {
  try {
    return { userNamespace: await createUserNamespace(forker) };
  } catch (cause) {
    return { bare: `user namespaces are forbidden here (${cause instanceof Error ? cause.message : String(cause)})` };
  }
}
