import type { AbortOptions, Layer } from "@tsbuild/oci";
import type { RootMount } from "../spec/container-spec.ts";
import type { MergedView } from "./merged-view.ts";
import type { Stub } from "./tree-job.ts";

/** Keeps trees of layers on disk. */
export interface Snapshotter {
  readonly name: "overlay" | "copy";
  /** A writable tree on top of `layers`. */
  prepare(layers: readonly Layer[], options?: AbortOptions): Promise<Snapshot>;
  /** A chain to be mounted beside a root; what is written to it is forgotten with `folder`. */
  open(layers: readonly Layer[], folder: string, options: { readonly writable: boolean }): Promise<OpenedLayers>;
  /** Removes layers that are not in `keep`. Bytes freed. */
  prune(keep: Pick<ReadonlySet<string>, "has">): Promise<number>;
}

export interface OpenedLayers {
  readonly root: RootMount;
  readonly view: MergedView;
}

/** A tree that is being written to. */
export interface Snapshot {
  /** A folder of its own, for whatever belongs to it; goes with it. */
  readonly folder: string;
  /** What to mount, for one process. */
  mount(): RootMount;
  /** What the tree shows now. */
  readonly view: MergedView;
  /** What was written, as a layer in the store. `stubs` are mount points that were made in passing. */
  commit(stubs: readonly Stub[], options?: AbortOptions): Promise<Layer>;
  discard(): Promise<void>;
}
