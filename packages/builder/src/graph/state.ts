import type { ContainerConfig } from "@tsbuild/oci";

/** A file tree to be, and the image config that goes with it. Nothing here changes: each method returns a new one. */
export interface State {
  copy(from: State, source: string | readonly string[], destination: string, options?: CopyStateOptions): State;
  run(command: string | readonly string[], options?: RunStateOptions): State;
  env(variables: Readonly<Record<string, string>>): State;
  workdir(path: string): State;
  user(user: string): State;
  config(config: ContainerConfig): State;
}

export interface CopyStateOptions {
  /** `user[:group]`, looked up in the tree copied to. */
  readonly owner?: string;
  /** Octal or symbolic. */
  readonly mode?: string;
  readonly exclude?: readonly string[];
}

export interface RunStateOptions {
  readonly network?: "default" | "host" | "none";
  readonly mounts?: readonly { readonly type: "cache"; readonly target: string; readonly id?: string }[];
}
