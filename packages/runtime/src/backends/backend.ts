import type { Readable } from "node:stream";
import type { Bytes } from "@tsbuild/oci";
import type { TerminalSize } from "../native/terminal.ts";
import type { ExitStatus, ResourceLimits } from "../process.ts";
import type { BackendName } from "../runtime.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";

/** One way to start a contained process. */
export interface Backend {
  readonly name: BackendName;
  /** Shows any user there is, where only one exists. @default false */
  readonly pretendsUsers?: boolean;
  start(spec: ContainerSpec, options: StartOptions): BackendProcess;
}

export interface StartOptions {
  readonly terminal: TerminalSize | undefined;
  /** A folder of ours for this process; removed when it is gone. */
  readonly folder: string;
  /** For back ends that move what they start to cgroups of their own. */
  readonly limits?: ResourceLimits | undefined;
  /** Called with the number of a process that waits to go on, in which everything else will be started. */
  readonly beforeGo?: (pid: number) => void;
}

/** A process that was started, or is about to be. The promises never reject but `ended`. */
export interface BackendProcess {
  readonly stdout: Promise<Readable | undefined>;
  /** Undefined with a terminal. */
  readonly stderr: Promise<Readable | undefined>;
  /** Writes all of `input` and closes; settles early where the process no longer reads. */
  writeInput(input: Bytes): Promise<void>;
  resize(columns: number, rows: number): void;
  /** The number, as the host counts, of the process that signals go to. */
  target(): Promise<number | undefined>;
  /** Settles when all is gone. @throws TsbuildError COMMAND_NOT_STARTED, RUNTIME_FAILED */
  readonly ended: Promise<ExitStatus>;
  /** Ends everything at once, whatever state it is in. */
  destroy(): void;
}
