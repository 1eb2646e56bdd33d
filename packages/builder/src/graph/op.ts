import type { Digest, Platform } from "@tsbuild/oci";
import type { Range } from "@tsbuild/parser";

/**
 * What a vertex does, as plain data: whatever must change the vertex's digest is in here, and nothing else is.
 * Inputs are named by their index in `Vertex.inputs`.
 */
export type Op = ImageOp | LocalOp | HttpOp | GitOp | ExecOp | FileOp | MergeOp;

/** An image of a registry or of the local store. No inputs. */
export interface ImageOp {
  readonly type: "image";
  /** Full reference, as written with Docker's defaults filled in. */
  readonly reference: string;
  readonly platform: Platform;
  /** The manifest that the reference stood for when the graph was compiled. */
  readonly digest: Digest;
}

/** A build context: a folder of the host that is never unpacked. No inputs. */
export interface LocalOp {
  readonly type: "local";
  /** `context`, or the name of a named context: a key of `Compiled.contexts` where the compile knows the folder. */
  readonly name: string;
}

/** A file from the web: its tree holds one file. No inputs. */
export interface HttpOp {
  readonly type: "http";
  readonly url: string;
  readonly checksum?: string;
  readonly fileName: string;
}

/** A folder of a git repository at a commit. No inputs. */
export interface GitOp {
  readonly type: "git";
  readonly remote: string;
  readonly ref?: string;
  readonly subdir?: string;
  readonly keepGitDir: boolean;
  readonly checksum?: string;
  /** False: submodules are not fetched. @default true */
  readonly submodules?: boolean;
}

/** Runs a process on top of input 0 and yields what it wrote, as a layer more. */
export interface ExecOp {
  readonly type: "exec";
  /** -1: on nothing, all inputs belong to mounts. @default 0 */
  readonly root?: -1;
  readonly args: readonly string[];
  /** `NAME=value` in order: the image's ENV, then the build arguments in scope. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly hostname: string;
  readonly network: "default" | "host" | "none";
  readonly security: "sandbox" | "insecure";
  readonly mounts: readonly ExecMount[];
  /** Names only: `--add-host` entries as `name:address`. */
  readonly extraHosts: readonly string[];
  readonly platform: Platform;
}

/** A `--mount` of RUN. */
export type ExecMount =
  | {
      readonly type: "bind";
      /** -1: an empty tree. */
      readonly input: number;
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
    }
  | {
      readonly type: "cache";
      readonly id: string;
      readonly target: string;
      readonly sharing: "shared" | "private" | "locked";
      readonly readonly: boolean;
      readonly input?: number;
      readonly source?: string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: number }
  /** A read-only file made of the graph itself: a here-document that starts with `#!`. `mode` is numeric, 0o755. */
  | { readonly type: "content"; readonly target: string; readonly content: string; readonly mode: number }
  | {
      readonly type: "secret";
      readonly id: string;
      /** Undefined: no file, only `env`. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "ssh";
      readonly id: string;
      readonly target?: string;
      readonly required: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    };

/** Adds files on top of input 0, as one layer more. */
export interface FileOp {
  readonly type: "file";
  /** -1: on nothing, all inputs are sources. @default 0 */
  readonly base?: -1;
  readonly actions: readonly FileAction[];
}

export type FileAction =
  /** WORKDIR. Parents are made too. An existing folder is left as it is. */
  | { readonly type: "mkdir"; readonly path: string; readonly mode: number; readonly owner?: string }
  /** A here-document of COPY or ADD. */
  | {
      readonly type: "mkfile";
      readonly name: string;
      readonly destination: string;
      readonly content: string;
      readonly mode?: string;
      readonly owner?: string;
    }
  | {
      readonly type: "copy";
      /** Index of the input that the sources are in. -1: an empty tree. */
      readonly input: number;
      /**
       * Patterns as BuildKit's: Go's filepath.Match, relative to the input's root, without a leading slash; `.` is the
       * root itself. With `parents` a `/./` marks where the part that is kept starts.
       */
      readonly sources: readonly string[];
      /** Absolute; a trailing `/` says that it is a folder. */
      readonly destination: string;
      /** `--chown`, expanded: names are looked up in the tree copied to. Undefined: 0:0 from a context, kept from a stage. */
      readonly owner?: string;
      /** `--chmod`, expanded: octal or symbolic. */
      readonly mode?: string;
      readonly parents: boolean;
      readonly exclude: readonly string[];
      /** ADD of an archive: by content for local files; forced or forbidden with --unpack. */
      readonly unpack: "auto" | "always" | "never";
    };

/** The inputs' layers on top of each other (COPY --link). */
export interface MergeOp {
  readonly type: "merge";
}

/** A step of the graph. The digest covers `op` and the inputs' digests: identical steps are one vertex. */
export interface Vertex {
  readonly digest: Digest;
  readonly op: Op;
  readonly inputs: readonly Vertex[];
  /** What does not change the result, and so is not in the digest. */
  readonly meta: VertexMeta;
}

export interface VertexMeta {
  /** `[build 2/5] RUN npm ci`. */
  readonly name: string;
  /** The instruction in the Dockerfile. */
  readonly range?: Range;
  readonly stage?: string;
  /** Never taken from the cache (--no-cache, --no-cache-filter). */
  readonly noCache?: boolean;
  /** Environment that a process gets but that is in no key: proxies. */
  readonly hiddenEnv?: readonly string[];
}
