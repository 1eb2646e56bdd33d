import type { Bytes, Layer } from "@tsbuild/oci";

/** Something that appears in the root file system of a process. Targets are absolute and resolved inside the root. */
export type Mount =
  /** A folder or file of the host. */
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readonly?: boolean }
  /** Memory. `size` in bytes, `mode` the permission bits of its top folder (default 01777). */
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: number; readonly mode?: number }
  /** A folder or file (`path`, `""` for all) of a chain of layers; where writable, what is written is forgotten. */
  | {
      readonly type: "layers";
      readonly layers: readonly Layer[];
      readonly path: string;
      readonly target: string;
      readonly readonly?: boolean;
    }
  /** A small file that never touches the disk: a secret. */
  | {
      readonly type: "content";
      readonly content: Uint8Array;
      readonly target: string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    };

/** The network of a process. `default` is `host` where no isolated network can be made. */
export type NetworkMode = "default" | "host" | "none";

/** What a process may take of the machine, with all that it starts. */
export interface ResourceLimits {
  /** Bytes of memory; none of it is swapped out. */
  readonly memory?: number;
  /** Processors' worth of time: 0.5 is half of one. */
  readonly cpus?: number;
  /** Processes and threads at a time. */
  readonly pids?: number;
}

/** What to start in a root file system. */
export interface ProcessSpec {
  readonly args: readonly string[];
  /** `NAME=value`; HOME is added from the user's passwd entry where it is missing. */
  readonly env?: readonly string[];
  /** Absolute; made where it is missing. @default "/" */
  readonly cwd?: string;
  /** As in USER: `name`, `uid`, `name:group`, ...; names are looked up inside the root. @default root */
  readonly user?: string;
  readonly hostname?: string;
  readonly mounts?: readonly Mount[];
  /** @default "default" */
  readonly network?: NetworkMode;
  /** Lines `name:address` added to /etc/hosts. */
  readonly extraHosts?: readonly string[];
  /** All capabilities, no seccomp, nothing masked. @default false */
  readonly privileged?: boolean;
  /** Runs with a terminal of this size: stdout then carries both streams. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** What it may take at most, with all that it starts. Where limits cannot be set, `onWarning` is told and it runs without. */
  readonly limits?: ResourceLimits;
  readonly onWarning?: (message: string) => void;
  /** Where the process reads from. @default nothing */
  readonly stdin?: Bytes;
}

/** How a process ended. */
export interface ExitStatus {
  /** 0 to 255; 128 + number for a signal, as a shell says it; 127 command not found, 126 not executable. */
  readonly exitCode: number;
  /** `SIGKILL`, ... where a signal ended it. */
  readonly signal?: string;
  /** True where the kernel ended it, or something that it started, for want of the memory that `limits` allows. */
  readonly oomKilled?: boolean;
}

/** A process under way. Both streams must be read (or the process stalls when the pipe is full). */
export interface Execution {
  readonly stdout: Bytes;
  /** Empty with a terminal. */
  readonly stderr: Bytes;
  /**
   * Settles when the process is gone and everything of it is cleaned up.
   * Rejects with `signal.reason` after an abort, with TsbuildError where it could not be started.
   */
  readonly exited: Promise<ExitStatus>;
  kill(signal?: NodeJS.Signals): void;
  /** With a terminal only. */
  resize(columns: number, rows: number): void;
}
