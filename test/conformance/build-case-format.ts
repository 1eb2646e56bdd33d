/** An entry of an archive in a case. */
export interface ArchiveEntry {
  readonly name: string;
  readonly type: "reg" | "dir" | "symlink" | "hardlink" | "link";
  readonly mode?: string;
  readonly content?: string;
  readonly linkname?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** The bytes of a file in one of the ways in which the cases write them. */
export interface CaseContent {
  readonly content?: string;
  readonly content_b64?: string;
  readonly fill_byte?: number;
  readonly size?: number;
  readonly archive?: { readonly gzip?: boolean; readonly entries: readonly ArchiveEntry[] };
}

/** A file of a context. */
export interface CaseFile extends CaseContent {
  readonly path: string;
  readonly type: "file" | "dir" | "symlink" | "hardlink" | "socket";
  /** Octal; null: computed by upstream. */
  readonly mode?: string | null;
  readonly target?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** What an HTTP server of a case answers for one path. */
export interface ServedFile extends CaseContent {
  readonly Etag?: string;
  readonly LastModified?: unknown;
}

export interface CaseOptions {
  /** Null: taken from `client_env`. */
  readonly build_args?: Readonly<Record<string, string | null>>;
  readonly client_env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
  readonly no_cache?: boolean | string;
  readonly hostname?: string;
  /** `name:address` or `name=address`, with commas between. */
  readonly add_hosts?: string;
  readonly force_network_mode?: string;
  /** `name=soft:hard`. */
  readonly ulimit?: string;
  readonly cgroup_parent?: string;
  readonly named_contexts?: Readonly<Record<string, string | { readonly local: readonly CaseFile[] }>>;
  readonly frontend_attrs?: Readonly<Record<string, string>>;
  readonly buildah_flags?: readonly string[];
}

/** What an assertion looks at. */
export interface Actual {
  readonly kind: string;
  readonly step?: number;
  readonly path?: string;
  readonly select?: readonly (string | number)[];
  readonly transform?: readonly string[];
  readonly format?: string;
  readonly command?: readonly string[];
  readonly manifest_index?: number;
  readonly image_index?: number;
  readonly platform?: string;
}

export interface Assertion {
  readonly op: string;
  readonly actual: Actual;
  readonly expected?: unknown;
  readonly other?: Actual;
}

export interface Expectation {
  readonly result: "success" | "error" | "request";
  readonly error_contains?: readonly string[];
  readonly error_regexp?: readonly string[];
  readonly error_lines?: readonly number[];
  readonly fail_at_line?: number;
  readonly log_stdout_regexp?: string;
  readonly log_stderr_regexp?: string;
  readonly log_not_contains?: readonly string[];
}

/** One build of a case. */
export interface CaseStep {
  readonly dockerfile: string | null;
  readonly dockerfile_name?: string | null;
  /** The Dockerfile's folder, where that is not the context. */
  readonly dockerfile_dir?: readonly CaseFile[];
  readonly context: readonly CaseFile[];
  readonly options: CaseOptions;
  readonly local_dirs?: Readonly<Record<string, readonly CaseFile[]>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly http_server?: Readonly<Record<string, ServedFile>>;
  readonly export?: readonly { readonly type: string; readonly attrs?: Readonly<Record<string, string>> }[];
  readonly image_names?: readonly string[] | null;
  /** What upstream checks the result against: the classic builder of Docker, or BuildKit. */
  readonly compared_with?: string | null;
  readonly expect: Expectation;
  readonly asserts: readonly Assertion[];
}

/** Which suite a case is of decides whose wording of errors it quotes. */
export type Tool = "buildkit" | "buildah" | "docker" | "kaniko";

/** Builds in order, of which later ones may use the images of earlier ones. */
export interface BuildCase {
  readonly id: string;
  readonly tool: Tool;
  readonly steps: readonly CaseStep[];
  /** External images. */
  readonly bases: readonly string[];
  readonly tags: readonly string[];
}

/** What BuildKit's converter made of a step's Dockerfile, every external image having one and the same config. */
export interface Verdict {
  readonly config?: object;
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
  readonly author?: string;
  readonly error?: string;
}
