import { spawnSync } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { errnoName } from "./errno.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { loadScript, message, RESIDENT_FD, RESIDENT_START, type Resident, startResident } from "./resident.ts";
import { type Address, type AssembledScript, createScript, type ScriptBuilder, type Slot } from "./script.ts";

/** What running calls in a batch needs. */
export interface BatchHost {
  readonly launcher: string;
  readonly arch: LauncherArch;
  /** A folder of ours for the script's file. */
  readonly scratch: string;
  /** An open file that the script finds as descriptor {@link INHERITED_FD}. */
  readonly inherited?: number;
  /** Runs batches without a new process for each; only within one thread. */
  readonly batches?: BatchRunner;
}

/** Runs one batch after the other in a process that stays. */
export interface BatchRunner {
  /** What the batch wrote as its result, or the report of what failed, and whether that is what it is. */
  run(host: BatchHost, write: WriteBatch): Outcome;
}

type WriteBatch = (script: ScriptBuilder) => { readonly results: Address; readonly size: number };

/** The memory that a batch leaves behind. */
export interface BatchResult {
  /** The result of the call that stored it in `slot`. */
  value(slot: Slot): number;
  bytes(address: Address, length: number): Buffer;
}

/** Where a batch finds `inherited`. */
export const INHERITED_FD = 5;

const STDOUT_FD = 1;
const REPORT_FD = 4;

/**
 * Runs the system calls that `write` puts together, in a process of its own, synchronously. For what Node has no call
 * for (extended attributes, device nodes). All of `results`, one block of data, is handed back.
 * @throws TsbuildError RUNTIME_FAILED where a call without `onError` fails
 */
export function runBatch(host: BatchHost, write: WriteBatch): BatchResult {
  const { answer, script, results, failure } = host.batches ? host.batches.run(host, write) : runOnce(host, write);
  if (failure !== undefined) {
    const call = script.callAt(Number(failure.readBigInt64LE(0)))?.text ?? "a system call";
    throw new TsbuildError("RUNTIME_FAILED", `${call}: ${errnoName(Number(failure.readBigInt64LE(8)))}`);
  }
  return {
    value: (slot) => Number(answer.readBigInt64LE(slot.address.offset - results.offset)),
    bytes: (address, length) => {
      const start = address.offset - results.offset;
      return answer.subarray(start, start + length);
    },
  };
}

interface Outcome {
  readonly script: AssembledScript;
  readonly results: Address;
  readonly answer: Buffer;
  /** Position and errno of a call that failed. */
  readonly failure: Buffer | undefined;
}

const FAILURE_SIZE = 16;

/** What says that a resident batch came to its end: longer than a report of failure. */
const DONE_SIZE = 24;

/** Runs batches in one process, which starts with the first of them and dies with this thread. */
export function createBatchRunner(): BatchRunner {
  let resident: Resident | undefined;
  const stop = (): void => {
    resident?.close();
    resident = undefined;
  };
  const attempt = (host: BatchHost, write: WriteBatch): Outcome | "not read" => {
    resident ??= startResident(host, runOnDemand);
    const { script: builder, results, size } = compose(host, write, RESIDENT_FD.output.writing);
    builder.call("write", [RESIDENT_FD.output.writing, builder.data(Buffer.alloc(DONE_SIZE)), DONE_SIZE]);
    builder.jump("next");
    const script = builder.assemble({ start: RESIDENT_START, labels: { next: resident.positionOf("next") } });
    const answer = Buffer.alloc(size + DONE_SIZE);
    try {
      resident.send(message(script.bytes));
    } catch {
      stop();
      return "not read";
    }
    const got = resident.receive(answer);
    if (got === answer.length) return { script, results, answer, failure: undefined };
    stop();
    if (got < FAILURE_SIZE) throw notRun();
    return { script, results, answer, failure: answer };
  };
  return {
    run: (host, write) => {
      // Something may have ended the process in between: then there is another.
      const outcome = attempt(host, write);
      const again = outcome === "not read" ? attempt(host, write) : outcome;
      if (again === "not read") throw notRun();
      return again;
    },
  };
}

/** Reads scripts and goes on in them; they come back to `next`. What fails is reported in place of an answer. */
function runOnDemand(script: ScriptBuilder): void {
  script.call("dup3", [RESIDENT_FD.output.writing, REPORT_FD, 0]);
  script.label("next");
  loadScript(script, RESIDENT_FD.input.reading);
}

/** Runs a batch in a process of its own. */
function runOnce(host: BatchHost, write: WriteBatch): Outcome {
  const { script: builder, results, size } = compose(host, write, STDOUT_FD);
  builder.call("exit_group", [0]);
  const script = builder.assemble();
  const outcome = runScript(host, script.bytes, size);
  const said = outcome.output[REPORT_FD] as Buffer | null;
  const failure = said && said.length >= FAILURE_SIZE ? said : undefined;
  if (!failure && (outcome.status !== 0 || outcome.stdout.length !== size)) throw notRun(outcome.error);
  return { script, results, answer: outcome.stdout, failure };
}

interface Composed {
  readonly script: ScriptBuilder;
  readonly results: Address;
  readonly size: number;
}

/** A batch that writes its results to `fd`. */
function compose(host: BatchHost, write: WriteBatch, fd: number): Composed {
  const script = createScript(host.arch);
  const { results, size } = write(script);
  if (size > 0) script.call("write", [fd, results, size]);
  return { script, results, size };
}

function notRun(cause?: unknown): TsbuildError {
  return new TsbuildError("RUNTIME_FAILED", "the launcher did not run a batch of system calls", { cause });
}

function runScript(
  host: BatchHost,
  bytes: Uint8Array,
  size: number,
): ReturnType<typeof spawnSync> & { stdout: Buffer } {
  const file = join(host.scratch, `batch-${process.pid}-${process.hrtime.bigint()}`);
  writeFileSync(file, bytes, { flag: "wx", mode: 0o600 });
  const fd = openSync(file, "r");
  unlinkSync(file);
  try {
    const outcome = spawnSync(host.launcher, [], {
      stdio: ["ignore", "pipe", "ignore", fd, "pipe", host.inherited ?? "ignore"],
      env: {},
      maxBuffer: size + 4096,
    });
    return { ...outcome, stdout: outcome.stdout ?? Buffer.alloc(0) };
  } finally {
    closeSync(fd);
  }
}
