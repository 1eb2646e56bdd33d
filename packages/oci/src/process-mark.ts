import { readFileSync, readlinkSync } from "node:fs";

/**
 * Names this process so that another one can tell later whether it still runs: process number, start time and
 * process-number space (`123.4567.4026531836`). The latter two are 0 where the system does not tell (not Linux).
 */
export function processMark(): string {
  return `${process.pid}.${startTime(process.pid) ?? 0}.${pidSpace()}`;
}

/** What is known about the process of a mark; `elsewhere`: it has other process numbers (a container), nobody can tell. */
export function processState(mark: string): "alive" | "dead" | "elsewhere" {
  const match = /^([1-9][0-9]*)\.([0-9]+)\.([0-9]+)$/.exec(mark);
  if (match === null) return "elsewhere";
  const [pid, start, space] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (space !== pidSpace()) return "elsewhere";
  if (!isRunning(pid)) return "dead";
  const now = startTime(pid);
  return now === undefined || start === 0 || now === start ? "alive" : "dead";
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// In clock ticks since the machine started: proc(5), /proc/pid/stat, field 22. Field 2 may hold spaces and brackets.
function startTime(pid: number): number | undefined {
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[19]);
}

function pidSpace(): number {
  const link = orUndefined(() => readlinkSync("/proc/self/ns/pid")) ?? "";
  return Number(/\[([0-9]+)\]/.exec(link)?.[1] ?? 0);
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
