import { spawn } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { conclude } from "../backends/native.ts";
import { CommandNotStartedError } from "../exit-status.ts";
import type { BatchHost } from "../native/batch.ts";
import type { AssembledScript } from "../native/script.ts";
import { REPORT } from "../native/supervise.ts";
import type { ExitStatus } from "../process.ts";

/** Where the standard streams of a container come from and go to: descriptors of this process. */
export type StandardStreams = readonly [stdin: number, stdout: number, stderr: number];

export interface LauncherRun {
  /** Settles when the process has set itself up. @throws TsbuildError RUNTIME_FAILED, COMMAND_NOT_STARTED */
  readonly ready: Promise<void>;
  /** Settles when the launcher's report ends; undefined where it does not wait. */
  readonly ended: Promise<ExitStatus | undefined>;
  /** Listens no more: nothing of it keeps this process from ending. */
  release(): void;
}

interface RunOptions {
  readonly streams: StandardStreams;
  /** Called with the number of the process before it goes on. */
  readonly onChild: (pid: number) => void;
  readonly command: string;
}

const RECORD_SIZE = 16;

/** Runs a script whose process lives on when this one ends. */
export function runLauncher(host: BatchHost, script: AssembledScript, options: RunOptions): LauncherRun {
  const file = join(host.scratch, `script-${process.pid}-${process.hrtime.bigint()}`);
  writeFileSync(file, script.bytes, { flag: "wx", mode: 0o600 });
  const fd = openSync(file, "r");
  unlinkSync(file);
  const launcher = spawn(host.launcher, [], { stdio: [...options.streams, fd, "pipe", "pipe"], env: {}, cwd: "/" });
  closeSync(fd);
  const report = launcher.stdio[4] as Readable;
  const go = (launcher.stdio as readonly unknown[])[5] as Writable;
  go.on("error", () => {});
  let status: number | undefined;
  let settleReady: (error?: unknown) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    settleReady = (error) => (error === undefined ? resolve() : reject(error));
  });
  const onRecord = (kind: number, value: number): void => {
    if (kind === REPORT.child) {
      options.onChild(value);
      go.write("g");
    } else if (kind === REPORT.inside) settleReady();
    else if (kind === REPORT.status) status = value;
    else if (kind === REPORT.notStarted) settleReady(new CommandNotStartedError(options.command, { errno: -value }));
    else settleReady(failure(script, { position: kind, errno: value }));
  };
  const ended = new Promise<ExitStatus | undefined>((resolve, reject) => {
    let pending: Buffer = Buffer.alloc(0);
    report.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      try {
        for (; pending.length >= RECORD_SIZE; pending = pending.subarray(RECORD_SIZE))
          onRecord(Number(pending.readBigInt64LE(0)), Number(pending.readBigInt64LE(8)));
      } catch (error) {
        launcher.kill("SIGKILL");
        settleReady(error);
      }
    });
    report.on("close", () => {
      go.destroy();
      settleReady(failure(script, undefined));
      const end = { status: status ?? 0, failure: undefined, notStarted: undefined, inside: true };
      resolve(status === undefined ? undefined : conclude(end, script, { args: [options.command] }));
    });
    launcher.on("error", reject);
  });
  for (const promise of [ready, ended]) promise.catch(() => {});
  const release = (): void => {
    report.destroy();
    go.destroy();
    launcher.unref();
  };
  return { ready, ended, release };
}

function failure(
  script: AssembledScript,
  call: { readonly position: number; readonly errno: number } | undefined,
): unknown {
  try {
    conclude({ status: undefined, failure: call, notStarted: undefined, inside: true }, script, { args: [] });
    return undefined;
  } catch (error) {
    return error;
  }
}
