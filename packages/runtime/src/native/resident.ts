import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { BatchHost } from "./batch.ts";
import { makePipe } from "./make-pipe.ts";
import { BASE, createScript, HEADER_SIZE, type ScriptBuilder } from "./script.ts";
import { dieWithParent } from "./supervise.ts";

/**
 * Where scripts lie that a resident launcher reads one after the other. Its own, at the beginning, stays.
 */
export const RESIDENT_START: number = 8192;

/** The ends of its two pipes in a resident launcher. */
export const RESIDENT_FD: Readonly<Record<"input" | "output", { readonly reading: number; readonly writing: number }>> =
  { input: { reading: 30, writing: 31 }, output: { reading: 32, writing: 33 } };

/** A launcher that stays, and is asked for things over a pipe, synchronously: starting one costs more than most answers. */
export interface Resident {
  /** Its number. */
  readonly pid: number;
  /** Sends all of `chunks`. @throws TsbuildError RUNTIME_FAILED where it is gone */
  send(chunks: readonly Uint8Array[]): void;
  /** Reads until `answer` is full; how much came before the other side ended. */
  receive(answer: Uint8Array): number;
  /** Where a label of its script is, for scripts that come back. */
  positionOf(label: string): number;
  close(): void;
}

/**
 * Starts a launcher whose script `write` completes; it finds its pipes at {@link RESIDENT_FD}, and ends at the label
 * `ended`. It dies with this thread, and does not keep it alive.
 */
export function startResident(host: BatchHost, write: (script: ScriptBuilder) => void): Resident {
  const script = createScript(host.arch);
  dieWithParent(script);
  for (const { reading, writing } of Object.values(RESIDENT_FD)) makePipe(script, reading, writing);
  write(script);
  script.label("ended");
  script.call("exit_group", [0]);
  const { bytes, positionOf } = script.assemble({ labels: { loaded: RESIDENT_START + HEADER_SIZE } });
  const process = spawnWith(host, bytes);
  const { pid } = process;
  if (pid === undefined) throw gone(process);
  const input = openWhenThere(process, RESIDENT_FD.input.writing, "w");
  const output = openWhenThere(process, RESIDENT_FD.output.reading, "r");
  return {
    pid,
    send: (chunks) => {
      for (const chunk of chunks) writeAll(input, chunk, process);
    },
    receive: (answer) => readAll(output, answer),
    positionOf,
    close: () => {
      closeSync(input);
      closeSync(output);
    },
  };
}

/** Writes the calls that read a script from `fd`, as {@link message} puts it, and go on in it. At its end: `ended`. */
export function loadScript(script: ScriptBuilder, fd: number): void {
  const [remaining, got, negative] = [script.slot(), script.slot(), script.slot()];
  const at = script.slot(Number(BASE) + RESIDENT_START);
  const next = script.slot();
  script.call("read", [fd, remaining.address, 8], { onZero: "ended" });
  script.copy(at, next);
  script.label(`more of ${fd}`);
  script.call("read", [fd, next, remaining], { result: got, onZero: "ended" });
  script.subtract(0, got, { result: negative });
  script.subtract(next, negative, { result: next });
  script.subtract(remaining, got, { result: remaining, onZero: "loaded" });
  script.jump(`more of ${fd}`);
}

/** A script as {@link loadScript} reads it. */
export function message(bytes: Uint8Array): readonly [size: Uint8Array, bytes: Uint8Array] {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  return [size, bytes];
}

function spawnWith(host: BatchHost, bytes: Uint8Array): ChildProcess {
  const file = join(host.scratch, `script-${process.pid}-${process.hrtime.bigint()}`);
  writeFileSync(file, bytes, { flag: "wx", mode: 0o600 });
  const fd = openSync(file, "r");
  unlinkSync(file);
  try {
    const child = spawn(host.launcher, [], {
      stdio: ["ignore", "ignore", "ignore", fd],
      env: {},
      cwd: "/",
      detached: true,
    });
    child.on("error", () => {});
    child.unref();
    return child;
  } finally {
    closeSync(fd);
  }
}

const PATIENCE_MS = 10_000;

/** The descriptor appears when the launcher has come that far. */
function openWhenThere(child: ChildProcess, fd: number, flags: string): number {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      return openSync(`/proc/${child.pid}/fd/${fd}`, flags);
    } catch (cause) {
      if (performance.now() > end) throw gone(child, cause);
      Atomics.wait(sleeper, 0, 0, 0.2);
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array, child: ChildProcess): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } catch (cause) {
    throw gone(child, cause);
  }
}

function readAll(fd: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const got = readSync(fd, into, done, into.length - done, null);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function gone(child: ChildProcess, cause?: unknown): TsbuildError {
  return new TsbuildError("RUNTIME_FAILED", `the launcher ${child.spawnfile} ended, or could not be started`, {
    cause,
    hint: "Something may have ended it: is memory short?",
  });
}
