import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { processIdentity } from "../process-identity.ts";

/** The state of a container, as runtime.md of the runtime-spec has it. */
export interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: "creating" | "created" | "running" | "stopped";
  /** 0 where there is no process. */
  readonly pid: number;
  readonly bundle: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is kept of a container in its folder. */
export interface ContainerRecord {
  readonly id: string;
  readonly bundle: string;
  readonly config: string;
  readonly pid: number;
  /** Tells its process from a later one with the same number. */
  readonly identity: string | undefined;
  readonly created: string;
  readonly cgroups: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export const FIFO: string = "exec.fifo";
const RECORD = "state.json";

/** @throws TsbuildError CONTAINER_UNKNOWN */
export function readRecord(root: string, id: string): ContainerRecord {
  requireId(id);
  try {
    return JSON.parse(readFileSync(join(root, id, RECORD), "utf8")) as ContainerRecord;
  } catch (cause) {
    throw unknownContainer(id, cause);
  }
}

function unknownContainer(id: string, cause: unknown): TsbuildError {
  return new TsbuildError("CONTAINER_UNKNOWN", `there is no container ${JSON.stringify(id)}`, { cause });
}

export function writeRecord(root: string, record: ContainerRecord): void {
  const file = join(root, record.id, RECORD);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** The names of all containers. */
export function recordedIds(root: string): readonly string[] {
  return existsSync(root) ? readdirSync(root).filter((id) => existsSync(join(root, id, RECORD))) : [];
}

/** What a record says, and what has become of its process. */
export function stateOf(root: string, record: ContainerRecord): ContainerState {
  const alive = record.identity !== undefined && isRunning(record.pid, record.identity);
  const waiting = existsSync(join(root, record.id, FIFO));
  return {
    ociVersion: "1.0.2",
    id: record.id,
    status: !alive ? "stopped" : waiting ? "created" : "running",
    pid: alive ? record.pid : 0,
    bundle: record.bundle,
    created: record.created,
    annotations: record.annotations,
  };
}

/** A name that is safe as that of a folder. @throws TsbuildError CONTAINER_ID_INVALID */
export function requireId(id: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_+.-]{0,1023}$/.test(id)) return;
  throw new TsbuildError("CONTAINER_ID_INVALID", `${JSON.stringify(id)} is no name for a container`, {
    hint: "Letters, digits and _ + . - are allowed.",
  });
}

/** What has ended, and nobody has asked how, runs no more. */
function isRunning(pid: number, identity: string): boolean {
  if (processIdentity(pid) !== identity) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
