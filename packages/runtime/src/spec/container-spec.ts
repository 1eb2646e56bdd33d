/** An overlay to be mounted in the process's own mount namespace, and nowhere else. */
export interface OverlayMount {
  /** The folder that the paths in `options` are relative to: the option string is limited to one page. */
  readonly workingFolder: string;
  readonly options: string;
  /** An empty folder of ours. */
  readonly target: string;
}

/** What becomes the root: an overlay, or a folder as it is. */
export type RootMount = OverlayMount | { readonly folder: string };

/** What a mount point is: what a missing one is made as. */
export type MountPointKind = "file" | "directory";

/** A mount whose sources are known to exist. Targets are absolute paths in the root, with their symlinks resolved. */
export type PlannedMount =
  | {
      readonly type: "bind";
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      readonly kind: MountPointKind;
    }
  | {
      readonly type: "tree";
      readonly tree: RootMount;
      /** What of the tree is shown; symlinks are resolved within it. */
      readonly path: string;
      readonly target: string;
      readonly readonly: boolean;
      readonly kind: MountPointKind;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly size: number | undefined; readonly mode: number }
  | {
      readonly type: "content";
      readonly content: Uint8Array;
      readonly target: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** The identity of a process inside the root. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** A user namespace that lives already. */
export interface UserNamespace {
  /** `/proc/PID/ns/user` of a process in it. */
  readonly path: string;
  /** Only one user and one group exist in it: nothing can be owned by another, and groups cannot be set. */
  readonly singleId: boolean;
}

/** A process and everything it sees, resolved: what every back end starts from. */
export interface ContainerSpec {
  readonly root: RootMount;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: ResolvedUser;
  readonly hostname: string;
  /** Names without `CAP_`. */
  readonly capabilities: readonly string[];
  /** Lifts the seccomp filter, masked paths, read-only paths and the ban on devices. */
  readonly privileged: boolean;
  readonly network: "host" | "none";
  readonly mounts: readonly PlannedMount[];
  readonly terminal: boolean;
  readonly userNamespace: UserNamespace | undefined;
  /** An empty folder of ours that memory for `content` mounts is mounted on. */
  readonly memoryFolder: string;
}
