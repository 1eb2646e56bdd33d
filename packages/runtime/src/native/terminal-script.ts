import { AT_FDCWD, MOUNT, OPEN } from "./kernel-flags.ts";
import type { ScriptBuilder } from "./script.ts";
import { FD, REPORT, report, waitForGo } from "./supervise.ts";

const TIOCSCTTY = 0x540e;
const TTY_GROUP = 5;

/**
 * Makes the first pseudo terminal of the process's own devpts its standard streams and its controlling terminal. Node
 * opens the other end through /proc as soon as it is told, and unlocks this one.
 */
export function useTerminal(script: ScriptBuilder, owner: number): void {
  report(script, REPORT.terminalReady, script.slot());
  waitForGo(script, FD.later);
  takeTerminal(script, "/dev/pts/0");
  script.call("fchownat", [AT_FDCWD, "/dev/pts/0", owner, TTY_GROUP, 0], { onError: "continue" });
  script.call("mknodat", [AT_FDCWD, "/dev/console", 0o100600, 0], { onError: "continue" });
  script.call("mount", ["/dev/pts/0", "/dev/console", 0, MOUNT.BIND, 0], { onError: "continue" });
}

/** Makes a terminal the standard streams and the controlling terminal of this session. */
export function takeTerminal(script: ScriptBuilder, device: string): void {
  const fd = script.slot();
  script.call("openat", [AT_FDCWD, device, OPEN.READ_WRITE, 0], { result: fd, purpose: "to open the terminal" });
  script.call("ioctl", [fd, TIOCSCTTY, 0], { purpose: "to take the terminal" });
  for (const stream of [0, 1, 2]) script.call("dup3", [fd, stream, 0]);
}
