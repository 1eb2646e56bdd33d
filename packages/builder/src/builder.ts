import type { AbortOptions, Descriptor, Digest, ImageConfig, LocalStore, Platform } from "@tsbuild/oci";
import type { Diagnostic } from "@tsbuild/parser";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { BackendName, ResourceLimits, Runtime } from "@tsbuild/runtime";
import type { ContextPlace } from "./context/context-place.ts";
import type { DockerfileText } from "./context/read-dockerfile.ts";
import type { BuildEvent } from "./event.ts";
import type { BuildPlan } from "./explain/plan.ts";
import type { StepReason } from "./explain/reason.ts";
import type { Exporter } from "./export/exporter.ts";
import type { PlacedAnnotation } from "./export/placed-annotation.ts";
import type { Compiled } from "./graph/compiled.ts";
import type { GraphDescription } from "./graph/print.ts";
import type { State } from "./graph/state.ts";

export interface BuilderOptions {
  /** The folder of the local store, its snapshots and the build cache. @default see `defaultRoot` of @tsbuild/oci */
  readonly root?: string | undefined;
  /** Takes an open store in place of `root`; the caller closes it. */
  readonly store?: LocalStore;
  /** @default an anonymous client */
  readonly registry?: RegistryClient;
  /** @default made at the first RUN that the cache does not answer */
  readonly runtime?: Runtime;
  /** Which rung the default runtime takes. @default the best there is */
  readonly backend?: BackendName;
}

/** What every build takes, whatever describes it. */
export interface SolveOptions extends AbortOptions {
  /** `os/arch[/variant]`; several with commas between them give an index. @default the host's, with os linux */
  readonly platform?: string;
  /** Where the image goes besides the local store. */
  readonly output?: readonly Exporter[];
  /** Names for the image in the local store. */
  readonly tags?: readonly string[];
  /** Runs every step. @default false */
  readonly noCache?: boolean;
  /** Says of each step that runs why the cache did not answer it: in `steps` and by the event `vertex.explained`. @default false */
  readonly explain?: boolean;
  /** Asks the registry for base images that are here already. @default false */
  readonly pull?: boolean;
  /** Steps at a time. @default 8 */
  readonly jobs?: number;
  /** Annotations of the manifest, and of the index where there is one. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Annotations of one of them only. */
  readonly placedAnnotations?: readonly PlacedAnnotation[];
  /** Seconds since 1970 for all times that the build writes: SOURCE_DATE_EPOCH. */
  readonly epoch?: number;
  /** The same, where neither `epoch` nor a build argument says it: the time of the context's last commit. */
  readonly defaultEpoch?: number | undefined;
  /**
   * `keep`: files keep their own times, as in BuildKit; the epoch is only in the times of config and history, and without
   * one these tell when the steps were made. @default "epoch": where there is one, files have it too
   */
  readonly timestamps?: "epoch" | "keep";
  /**
   * Also what RUN wrote gets no later time than the epoch, where there is one. Off by default: programs compare the times
   * of files, such as those of Python's compiled modules with their sources'. @default false
   */
  readonly rewriteTimestamps?: boolean;
  readonly network?: "default" | "host" | "none";
  /** The name of the machine that RUN finds itself on; in its cache key. @default "buildkitsandbox" */
  readonly hostname?: string;
  readonly extraHosts?: readonly string[];
  /** What each RUN may take of the machine. Never in keys. */
  readonly limits?: ResourceLimits;
  /** Bytes of /dev/shm during RUN. Never in keys. @default 64 MiB */
  readonly shmSize?: number;
  /** Values of `RUN --mount=type=secret`, by id. Never in keys, logs or layers. */
  readonly secrets?: Readonly<Record<string, Uint8Array | string>>;
  /** Sockets of SSH agents for `RUN --mount=type=ssh`, by id: `{ default: process.env.SSH_AUTH_SOCK }`. Never in keys. */
  readonly ssh?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: BuildEvent) => void;
}

export interface DockerfileOptions extends SolveOptions {
  /** The build context; undefined: none. */
  readonly context?: ContextPlace;
  /** Path of the Dockerfile, relative to the context (or absolute). @default "Dockerfile", then "dockerfile" */
  readonly dockerfile?: string;
  /** The Dockerfile's text, in place of a file. */
  readonly dockerfileText?: string;
  /** @default the last stage */
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly noCacheFilter?: readonly string[];
  /**
   * Called with the Dockerfile once it is read: who shows messages needs the text that their ranges are about, which may
   * come with a context from elsewhere.
   */
  readonly onDockerfile?: (dockerfile: DockerfileText) => void;
  /** Further contexts by name, of any kind, or images: `docker-image://reference`, `oci-layout://folder:tag`. */
  readonly namedContexts?: Readonly<Record<string, ContextPlace>>;
}

/** The image of one platform. */
export interface PlatformImage {
  readonly platform: Platform;
  /** The manifest as it stands in the local store. */
  readonly image: Descriptor;
  /** The digest of the image's config: Docker's image id. */
  readonly imageId: Digest;
  readonly config: ImageConfig;
}

export interface BuildResult extends Omit<PlatformImage, "platform"> {
  /** The manifest as it stands in the local store; the index, where several platforms were asked for. */
  readonly image: Descriptor;
  /** In the order asked for. `imageId` and `config` above are those of the first. */
  readonly platforms: readonly PlatformImage[];
  readonly warnings: readonly Diagnostic[];
  /** What became of each step. */
  readonly steps: readonly {
    readonly vertex: Digest;
    readonly name: string;
    readonly cached: boolean;
    readonly milliseconds: number;
    /** Why it ran, where the build was asked to explain. */
    readonly reason?: StepReason;
  }[];
}

export interface Builder extends AsyncDisposable {
  readonly store: LocalStore;
  /** @throws BuildError DOCKERFILE_INVALID, COMMAND_FAILED, ..., RegistryError, TsbuildError */
  buildDockerfile(options: DockerfileOptions): Promise<BuildResult>;
  build(state: State, options?: SolveOptions): Promise<BuildResult>;
  /**
   * What a build would take from the cache, without building: contexts are walked, images looked up, keys computed. No
   * layer is fetched.
   */
  plan(options: DockerfileOptions): Promise<BuildPlan>;
  /**
   * Builds graphs as `describeGraph` wrote them, one for each platform; `contexts` are the folders behind their local
   * steps, by name: `context`, or that of a named context.
   * @throws TsbuildError GRAPH_INVALID
   */
  solveGraph(
    graphs: GraphDescription | readonly GraphDescription[],
    options?: SolveOptions & { readonly contexts?: Readonly<Record<string, string>> },
  ): Promise<BuildResult>;
  /** The graph of a Dockerfile, without solving it. Asks for base images' configs. */
  compileDockerfile(options: DockerfileOptions): Promise<Compiled>;
  /** The Dockerfile itself, for who wants to read and not to build it. Brings contexts from elsewhere here. */
  readDockerfile(options: DockerfileOptions): Promise<DockerfileText>;
  /** Removes cache records (all, or the oldest until `keepBytes` are left) and what only they kept. */
  prune(
    options?: AbortOptions & { readonly all?: boolean; readonly keepBytes?: number },
  ): Promise<{ readonly freedBytes: number }>;
  close(): Promise<void>;
}
