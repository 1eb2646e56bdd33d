import type { AbortOptions, Layer, LayerStore } from "@tsbuild/oci";
import type { Execution, ProcessSpec } from "./process.ts";

/** A rung of the ladder: one way to start a contained process. */
export type BackendName = "native" | "crun" | "runc" | "bubblewrap" | "chroot" | "proot";

/** What probing a rung found. */
export interface BackendReport {
  readonly name: BackendName;
  readonly available: boolean;
  /** Why it is not available, or what it lacks here: one sentence. */
  readonly reason: string | undefined;
  /** True where it runs without being root on the host. */
  readonly rootless: boolean;
  /** What it contains a process with here. */
  readonly isolation: readonly (
    | "mount"
    | "pid"
    | "ipc"
    | "uts"
    | "user"
    | "network"
    | "cgroup"
    | "seccomp"
    | "capabilities"
  )[];
}

/** One way to keep file trees on disk. */
export interface SnapshotterReport {
  readonly name: "overlay" | "copy";
  readonly available: boolean;
  readonly reason: string | undefined;
}

/** What this machine offers for RUN. */
export interface RuntimeReport {
  readonly backends: readonly BackendReport[];
  readonly snapshotters: readonly SnapshotterReport[];
  /** What `createRuntime` would take. */
  readonly chosen: { readonly backend: BackendName; readonly snapshotter: "overlay" | "copy" } | undefined;
  readonly notes: readonly string[];
}

export interface RuntimeOptions {
  /** Folder for snapshots and state; made where missing. */
  readonly root: string;
  /** Where the plain tars of layers lie and where new ones go. */
  readonly store: LayerStore;
  /** Takes this rung or fails. @default the first that works */
  readonly backend?: BackendName;
  readonly snapshotter?: "overlay" | "copy";
}

/** Runs processes in chains of layers. */
export interface Runtime extends AsyncDisposable {
  readonly backend: BackendReport;
  readonly snapshotter: SnapshotterReport;
  /**
   * A writable workspace on top of `layers` (bottom first). Each layer's plain tar must be in the store; each comes to disk
   * only once, however many chains it is part of, and nothing is mounted outside a process's own namespace.
   */
  prepare(layers: readonly Layer[], options?: AbortOptions): Promise<Workspace>;
  /** Removes unpacked layers whose diffId `keep` does not have, and what crashed processes left. Bytes freed. */
  prune(keep: Pick<ReadonlySet<string>, "has">): Promise<number>;
  close(): Promise<void>;
}

/** A tree that a process can write to; what it wrote is a layer in the end, or forgotten. */
export interface Workspace extends AsyncDisposable {
  /**
   * Starts a process in the workspace. One at a time.
   * @throws TsbuildError (through `exited`) COMMAND_NOT_STARTED, RUNTIME_FAILED, USER_UNKNOWN
   */
  execute(process: ProcessSpec, options?: AbortOptions): Execution;
  /**
   * What was written since `prepare`, as a layer whose plain tar is in the store; it is on disk already for whoever
   * prepares a chain with it. The workspace is used up.
   */
  commit(options?: AbortOptions): Promise<Layer>;
  /** Forgets what was written. Does nothing after a commit. */
  discard(): Promise<void>;
}
