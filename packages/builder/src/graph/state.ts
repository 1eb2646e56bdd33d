import { type ContainerConfig, TsbuildError } from "@tsbuild/oci";

/** A file tree to be, and the image config that goes with it. Nothing here changes: each method returns a new one. */
export interface State {
  /** What this state adds to the one it was made from, as plain data. */
  readonly step: StateStep;
  /**
   * Copies files as COPY does: `source` are patterns below the root of `from`, a folder gives its contents, and a
   * destination with a trailing slash is a folder. Files of a local folder belong to root, files of a state keep their
   * owners.
   * @throws TsbuildError STATE_INVALID: no source, or several and a destination that is no folder
   */
  copy(from: State, source: string | readonly string[], destination: string, options?: CopyStateOptions): State;
  /** Runs a command as RUN does: a text goes to the image's shell, a list of words runs as it is. */
  run(command: string | readonly string[], options?: RunStateOptions): State;
  /** Sets variables for the commands behind it and for the image. */
  env(variables: Readonly<Record<string, string>>): State;
  /** Sets the working directory, relative to the one before, and makes it, for the user set before. */
  workdir(path: string): State;
  /** Sets the user of the commands behind it and of the image: `user[:group]`. */
  user(user: string): State;
  /** Sets members of the image config. Labels, ports and volumes are added to those there are; others are replaced. */
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

export interface FromOptions {
  /** `os/arch[/variant]`. @default the build's */
  readonly platform?: string;
}

export interface LocalOptions {
  /** Patterns of .dockerignore: only what one of them matches. @default everything */
  readonly include?: readonly string[];
  /** Patterns of .dockerignore, `!` included: what they match is left out. @default nothing */
  readonly exclude?: readonly string[];
}

/** One step of a state. */
export type StateStep =
  | ({ readonly type: "image"; readonly reference: string } & FromOptions)
  | { readonly type: "scratch" }
  | ({ readonly type: "local"; readonly directory: string } & LocalOptions)
  | ({
      readonly type: "copy";
      readonly base: State;
      readonly from: State;
      readonly sources: readonly string[];
      readonly destination: string;
    } & CopyStateOptions)
  | ({ readonly type: "run"; readonly base: State; readonly command: string | readonly string[] } & RunStateOptions)
  | { readonly type: "env"; readonly base: State; readonly variables: Readonly<Record<string, string>> }
  | { readonly type: "workdir"; readonly base: State; readonly path: string }
  | { readonly type: "user"; readonly base: State; readonly user: string }
  | { readonly type: "config"; readonly base: State; readonly config: ContainerConfig };

/** An image of a registry or of the local store, with its config. Its ONBUILD triggers are for Dockerfiles: they do not run. */
export function from(reference: string, options: FromOptions = {}): State {
  return stateOf({ type: "image", reference, ...options });
}

/** An empty tree. */
export function scratch(): State {
  return stateOf({ type: "scratch" });
}

/** A folder of this machine: something to copy from, or an image's whole tree. */
export function local(directory: string, options: LocalOptions = {}): State {
  return stateOf({ type: "local", directory, ...options });
}

function stateOf(step: StateStep): State {
  const state: State = {
    step,
    copy: (source, paths, destination, options = {}) =>
      stateOf({ type: "copy", base: state, from: source, ...copied(paths, destination), ...options }),
    run: (command, options = {}) => stateOf({ type: "run", base: state, command, ...options }),
    env: (variables) => stateOf({ type: "env", base: state, variables }),
    workdir: (path) => stateOf({ type: "workdir", base: state, path }),
    user: (user) => stateOf({ type: "user", base: state, user }),
    config: (config) => stateOf({ type: "config", base: state, config }),
  };
  return state;
}

function copied(
  source: string | readonly string[],
  destination: string,
): { sources: readonly string[]; destination: string } {
  const sources = typeof source === "string" ? [source] : source;
  if (sources.length === 0)
    throw new TsbuildError("STATE_INVALID", `nothing is copied to ${destination}: the list of sources is empty`);
  if (sources.length > 1 && !destination.endsWith("/"))
    throw new TsbuildError("STATE_INVALID", `several files cannot be copied to the one name ${destination}`, {
      hint: `write ${destination}/ for a folder`,
    });
  return { sources, destination };
}
