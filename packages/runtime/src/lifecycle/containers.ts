import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TsbuildError } from "@tsbuild/oci";
import { createLimitedCgroup, type LimitedCgroup, removeIfThere } from "../backends/limits.ts";
import { type BatchHost, runBatch } from "../native/batch.ts";
import { installLauncher, launcherArch } from "../native/install-launcher.ts";
import { AT_FDCWD, FILE_TYPE } from "../native/kernel-flags.ts";
import type { ExitStatus } from "../process.ts";
import { processIdentity } from "../process-identity.ts";
import { defaultFilter } from "../seccomp/default-filter.ts";
import { type OciConfig, type OciProcess, problemOfProcess, readConfig } from "./config-json.ts";
import { configScript, execScript } from "./config-script.ts";
import {
  type ContainerState,
  FIFO,
  readRecord,
  recordedIds,
  requireId,
  stateOf,
  writeRecord,
} from "./container-state.ts";
import { runHooks } from "./hooks.ts";
import { runLauncher, type StandardStreams } from "./run-launcher.ts";

export interface CreateOptions {
  /** The folder with config.json; its root file system is relative to it. */
  readonly bundle: string;
  /** @default `config.json` in the bundle */
  readonly config?: string;
  /** A file that gets the number of the container's process. */
  readonly pidFile?: string;
  /** @default those of this process */
  readonly streams?: StandardStreams;
}

/**
 * Containers with a life of their own, by the operations of the OCI runtime-spec: they live on when this process ends. An
 * operation that fails leaves everything as it was.
 */
export interface Containers {
  /** Makes a container, up to the point where its command would run. @throws CONTAINER_EXISTS, CONFIG_INVALID, COMMAND_NOT_STARTED, RUNTIME_FAILED */
  create(id: string, options: CreateOptions): Promise<ContainerState>;
  /** Runs the command of a created container. @throws CONTAINER_UNKNOWN, CONTAINER_STATE */
  start(id: string): Promise<void>;
  /** @throws CONTAINER_UNKNOWN */
  state(id: string): ContainerState;
  list(): readonly ContainerState[];
  /** Sends a signal to the container's process. @throws CONTAINER_UNKNOWN, CONTAINER_STATE, SIGNAL_INVALID */
  kill(id: string, signal?: string): void;
  /** Forgets a stopped container; `force` ends it first, and does not mind where there is none. @throws CONTAINER_UNKNOWN, CONTAINER_STATE */
  delete(id: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Creates, starts, waits and deletes. `onStart` hears the number of the process. */
  run(id: string, options: CreateOptions & { readonly onStart?: (pid: number) => void }): Promise<ExitStatus>;
  /** Runs a process beside the container's, with its capabilities where it names none. @throws CONTAINER_UNKNOWN, CONTAINER_STATE, COMMAND_NOT_STARTED */
  exec(id: string, process: OciProcess, options?: Pick<CreateOptions, "pidFile" | "streams">): Promise<ExitStatus>;
}

const INHERITED: StandardStreams = [0, 1, 2];
const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** Opens the containers kept in `root`. @throws TsbuildError RUNTIME_UNAVAILABLE */
export function openContainers({ root }: { readonly root: string }): Containers {
  const arch = launcherArch();
  if (!arch || process.platform !== "linux")
    throw new TsbuildError("RUNTIME_UNAVAILABLE", `containers cannot be made on ${process.platform} ${process.arch}`);
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const host: BatchHost = { arch, launcher: installLauncher(arch, [root]), scratch: root };
  const filter = defaultFilter(arch);
  const find = (id: string): ContainerState => stateOf(root, readRecord(root, id));
  const require = (id: string, ...wanted: readonly ContainerState["status"][]): ContainerState => {
    const found = find(id);
    if (wanted.includes(found.status)) return found;
    throw new TsbuildError("CONTAINER_STATE", `container ${id} is ${found.status}, not ${wanted.join(" or ")}`);
  };

  const create = async (id: string, options: CreateOptions, wait: boolean) => {
    requireId(id);
    const bundle = resolve(options.bundle);
    const configFile = resolve(bundle, options.config ?? "config.json");
    const config = readConfig(bundle, configFile);
    const folder = makeFolder(root, id);
    let cgroup: LimitedCgroup | undefined;
    let pid = 0;
    try {
      makeFifo(host, join(folder, FIFO));
      cgroup = cgroupOf(config);
      const script = configScript(config, { arch, bundle, fifo: join(folder, FIFO), filter, wait });
      const run = runLauncher(host, script.assemble(), {
        streams: options.streams ?? INHERITED,
        command: config.process?.args[0] ?? "",
        onChild: (child) => {
          pid = child;
          cgroup?.join(child);
          const state = { ociVersion: config.ociVersion, id, status: "creating", pid, bundle };
          runHooks(["prestart", "createRuntime"], config.hooks, state);
        },
      });
      await run.ready;
      const identity = processIdentity(pid);
      const { annotations = {} } = config;
      const created = new Date().toISOString();
      const cgroups = cgroup?.folders ?? [];
      writeRecord(root, { id, bundle, config: configFile, pid, identity, created, cgroups, annotations });
      if (options.pidFile !== undefined) writeFileSync(options.pidFile, String(pid));
      return run;
    } catch (error) {
      if (pid !== 0) killQuietly(pid);
      cgroup?.remove();
      rmSync(folder, { recursive: true });
      throw error;
    }
  };

  const start = async (id: string): Promise<void> => {
    const found = require(id, "created");
    const fifo = join(root, id, FIFO);
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, "g");
    closeSync(fd);
    unlinkSync(fifo);
    runHooks(["poststart"], readConfig(found.bundle, readRecord(root, id).config).hooks, {
      ...found,
      status: "running",
    });
  };

  const remove = async (id: string, { force = false } = {}): Promise<void> => {
    if (force && !recordedIds(root).includes(id)) return;
    const { pid, status } = force ? find(id) : require(id, "stopped");
    if (status !== "stopped") await end(pid, () => find(id).status === "stopped");
    const record = readRecord(root, id);
    for (const cgroup of record.cgroups) removeIfThere(cgroup);
    rmSync(join(root, id), { recursive: true });
    const state = { ...stateOf(root, record), status: "stopped" };
    runHooks(["poststop"], hooksOf(record.bundle, record.config), state);
  };

  return {
    create: async (id, options) => {
      (await create(id, options, false)).release();
      return find(id);
    },
    start,
    state: find,
    list: () => recordedIds(root).map(find),
    kill: (id, signal = "SIGTERM") => {
      const number = signalNumber(signal);
      const { pid } = require(id, "created", "running");
      process.kill(pid, number);
    },
    delete: remove,
    run: async (id, options) => {
      const { ended } = await create(id, options, true);
      try {
        options.onStart?.(find(id).pid);
        await start(id);
        return (await ended) ?? { exitCode: 0 };
      } finally {
        await remove(id, { force: true });
      }
    },
    exec: async (id, wanted, options = {}) => {
      const { pid, bundle } = require(id, "running");
      const config = readConfig(bundle, readRecord(root, id).config);
      const beside = { ...wanted, capabilities: wanted.capabilities ?? config.process?.capabilities ?? {} };
      const problem = problemOfProcess(beside);
      if (problem !== undefined) throw new TsbuildError("CONFIG_INVALID", `the process cannot be run: ${problem}`);
      const script = execScript(arch, pid, { process: beside, filter: config.linux?.seccomp ? filter : undefined });
      const run = runLauncher(host, script.assemble(), {
        streams: options.streams ?? INHERITED,
        command: beside.args[0] ?? "",
        onChild: (child) => {
          if (options.pidFile !== undefined) writeFileSync(options.pidFile, String(child));
        },
      });
      const outcome = await Promise.race([run.ready.then(() => undefined), run.ended]);
      return outcome ?? (await run.ended) ?? { exitCode: 0 };
    },
  };
}

function makeFolder(root: string, id: string): string {
  const folder = join(root, id);
  try {
    mkdirSync(folder, { mode: 0o711 });
    return folder;
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "EEXIST" ? containerExists(id, cause) : cause;
  }
}

function containerExists(id: string, cause: unknown): TsbuildError {
  return new TsbuildError("CONTAINER_EXISTS", `there is a container ${id} already`, { cause });
}

function makeFifo(host: BatchHost, file: string): void {
  runBatch(host, (script) => {
    script.call("mknodat", [AT_FDCWD, file, FILE_TYPE.fifo | 0o622, 0]);
    return { results: script.data(new Uint8Array()), size: 0 };
  });
}

function cgroupOf({ linux }: OciConfig): LimitedCgroup | undefined {
  const { memory, cpu, pids } = linux?.resources ?? {};
  const limits = {
    ...(memory?.limit ? { memory: memory.limit } : {}),
    ...(cpu?.quota ? { cpus: cpu.quota / (cpu.period ?? 100_000) } : {}),
    ...(pids?.limit && pids.limit > 0 ? { pids: pids.limit } : {}),
  };
  return Object.keys(limits).length === 0 ? undefined : createLimitedCgroup(limits);
}

/** The number of a signal that is named with or without SIG, or given as a number. @throws TsbuildError SIGNAL_INVALID */
function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG") as NodeJS.Signals;
  const number = /^\d+$/.test(text) ? Number(text) : osConstants.signals[name];
  if (number !== undefined && number > 0 && number <= 64) return number;
  throw new TsbuildError("SIGNAL_INVALID", `${JSON.stringify(text)} is no signal`);
}

async function end(pid: number, ended: () => boolean): Promise<void> {
  killQuietly(pid);
  for (const until = performance.now() + PATIENCE_MS; !ended(); await delay(POLL_MS)) {
    if (performance.now() > until) throw new TsbuildError("RUNTIME_FAILED", `process ${pid} does not end`);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** The bundle may be gone by now. */
function hooksOf(bundle: string, config: string): OciConfig["hooks"] {
  try {
    return readConfig(bundle, config).hooks;
  } catch {
    return {};
  }
}
