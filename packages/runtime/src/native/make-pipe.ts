import { OPEN } from "./kernel-flags.ts";
import type { ScriptBuilder, Slot } from "./script.ts";

/** Makes a pipe with its ends at these descriptors. */
export function makePipe(script: ScriptBuilder, reading: number, writing: number): void {
  // pipe2 writes two 32-bit descriptors; what a call loads beyond the first is cut off by the kernel.
  const pair = script.data(Buffer.alloc(16));
  const first: Slot = { address: pair };
  const second: Slot = { address: { offset: pair.offset + 4 } };
  script.call("pipe2", [pair, OPEN.CLOEXEC]);
  script.call("dup3", [first, reading, OPEN.CLOEXEC]);
  script.call("dup3", [second, writing, OPEN.CLOEXEC]);
  script.call("close", [first]);
  script.call("close", [second]);
}
