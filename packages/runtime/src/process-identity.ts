import { readFileSync } from "node:fs";

/** A process, told apart from a later one with the same number: `PID-START`, the start in clock ticks since boot. */
export function processIdentity(pid: number = process.pid): string | undefined {
  const start = startTime(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

/** Tells whether the process that `identity` begins with is still there. */
export function isAlive(identity: string): boolean {
  const match = /^(\d+)-(\d+)/.exec(identity);
  return match !== null && startTime(Number(match[1])) === match[2];
}

/** Field 22 of /proc/PID/stat; the name before it may hold anything, and ends with the last parenthesis. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
