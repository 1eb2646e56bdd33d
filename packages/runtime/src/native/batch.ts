import { spawnSync } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { errnoName } from "./errno.ts";
import type { LauncherArch } from "./launcher-elf.ts";
import { type Address, createScript, type ScriptBuilder, type Slot } from "./script.ts";

/** What running calls in a batch needs. */
export interface BatchHost {
  readonly launcher: string;
  readonly arch: LauncherArch;
  /** A folder of ours for the script's file. */
  readonly scratch: string;
  /** An open file that the script finds as descriptor {@link INHERITED_FD}. */
  readonly inherited?: number;
}

/** The memory that a batch leaves behind. */
export interface BatchResult {
  /** The result of the call that stored it in `slot`. */
  value(slot: Slot): number;
  bytes(address: Address, length: number): Buffer;
}

/** Where a batch finds `inherited`. */
export const INHERITED_FD = 5;

const STDOUT_FD = 1;

/**
 * Runs the system calls that `write` puts together, in a process of its own, synchronously. For what Node has no call
 * for (extended attributes, device nodes). All of `results`, one block of data, is handed back.
 * @throws TsbuildError RUNTIME_FAILED where a call without `onError` fails
 */
export function runBatch(
  host: BatchHost,
  write: (script: ScriptBuilder) => { readonly results: Address; readonly size: number },
): BatchResult {
  const script = createScript(host.arch);
  const { results, size } = write(script);
  if (size > 0) script.call("write", [STDOUT_FD, results, size]);
  script.call("exit_group", [0]);
  const assembled = script.assemble();
  const outcome = runScript(host, assembled.bytes, size);
  const failure = outcome.output[4] as Buffer | null;
  if (failure && failure.length >= 16) {
    const call = assembled.callAt(Number(failure.readBigInt64LE(0)))?.text ?? "a system call";
    throw new TsbuildError("RUNTIME_FAILED", `${call}: ${errnoName(Number(failure.readBigInt64LE(8)))}`);
  }
  if (outcome.status !== 0 || outcome.stdout.length !== size) {
    throw new TsbuildError("RUNTIME_FAILED", "the launcher did not run a batch of system calls", {
      cause: outcome.error,
    });
  }
  return {
    value: (slot) => Number(outcome.stdout.readBigInt64LE(slot.address.offset - results.offset)),
    bytes: (address, length) => {
      const start = address.offset - results.offset;
      return outcome.stdout.subarray(start, start + length);
    },
  };
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
