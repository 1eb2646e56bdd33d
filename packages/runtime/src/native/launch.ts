import { type ChildProcess, spawn } from "node:child_process";
import { constants as fsConstants, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Duplex, Writable } from "node:stream";
import type { AssembledScript } from "./script.ts";
import { PIPE_FD, REPORT } from "./supervise.ts";

/** Node's ends of the standard streams of a child. */
export interface ChildPipes {
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
}

/** How a launch ended; at most one of the first three is there. */
export interface LaunchEnd {
  /** What wait4 said of the child. */
  readonly status: number | undefined;
  /** A call of the script that failed. */
  readonly failure: { readonly position: number; readonly errno: number } | undefined;
  /** Why no command could be started: an errno. */
  readonly notStarted: number | undefined;
}

export interface Launched {
  /** The supervisor. */
  readonly process: ChildProcess;
  /** The child, as the host counts; undefined where it came to no child. */
  readonly child: Promise<number | undefined>;
  readonly pipes: Promise<ChildPipes | undefined>;
  readonly ended: Promise<LaunchEnd>;
}

export interface LaunchOptions {
  /** The launcher's file. */
  readonly launcher: string;
  /** The script makes pipes. */
  readonly pipes: boolean;
  /** The child stays until this process ends, and does not keep it from ending. */
  readonly stay?: boolean;
  /** Called with the child's number before the child goes on. */
  readonly beforeGo?: (child: number) => void;
  /** Called where the script reports a terminal, with the child's number; the child goes on afterwards. */
  readonly onTerminal?: (child: number) => void;
}

const RECORD_SIZE = 16;

/** Runs a supervising script (see supervise.ts). Everything it starts dies when this process dies. */
export function launch(script: AssembledScript, options: LaunchOptions): Launched {
  // Detached: an interrupt at the keyboard is for this process, which then ends the child in its own way.
  const process = spawn(options.launcher, [], {
    stdio: [
      "ignore",
      "ignore",
      "ignore",
      "pipe",
      "pipe",
      "pipe",
      options.onTerminal || options.stay ? "pipe" : "ignore",
    ],
    env: {},
    cwd: "/",
    detached: true,
  });
  const child = deferred<number | undefined>();
  const pipes = deferred<ChildPipes | undefined>();
  const ended = deferred<LaunchEnd>();
  const end: { -readonly [Key in keyof LaunchEnd]: LaunchEnd[Key] } = {
    status: undefined,
    failure: undefined,
    notStarted: undefined,
  };
  let childPid = 0;
  const onRecord = (kind: number, value: number): void => {
    if (kind === REPORT.child) {
      childPid = value;
      if (options.pipes) pipes.resolve(openPipes(process.pid as number));
      options.beforeGo?.(value);
      writable(process, 5).write("gg");
      if (options.stay) unrefAll(process);
      child.resolve(value);
    } else if (kind === REPORT.terminalReady) {
      options.onTerminal?.(childPid);
      writable(process, 6).end("g");
    } else if (kind === REPORT.status) end.status = value;
    else if (kind === REPORT.notStarted) end.notStarted = -value;
    else end.failure ??= { position: kind, errno: value };
  };
  const fail = (error: unknown): void => {
    process.kill("SIGKILL");
    ended.reject(error);
  };
  readRecords(process, (kind, value) => {
    try {
      onRecord(kind, value);
    } catch (error) {
      fail(error);
    }
  });
  for (const fd of [3, 5, 6]) process.stdio[fd]?.on("error", () => {});
  process.on("error", (error) => ended.reject(error));
  process.on("close", () => ended.resolve(end));
  writable(process, 3).end(script.bytes);
  const settle = (): void => {
    child.resolve(undefined);
    pipes.resolve(undefined);
  };
  ended.promise.then(settle, settle);
  return { process, child: child.promise, pipes: pipes.promise, ended: ended.promise };
}

function unrefAll(process: ChildProcess): void {
  for (const fd of [4, 5, 6]) (process.stdio[fd] as Socket | undefined)?.unref();
}

function writable(process: ChildProcess, fd: number): Writable {
  return process.stdio[fd] as Writable;
}

function readRecords(process: ChildProcess, onRecord: (kind: number, value: number) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  (process.stdio[4] as Duplex | undefined)?.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (; pending.length >= RECORD_SIZE; pending = pending.subarray(RECORD_SIZE)) {
      onRecord(Number(pending.readBigInt64LE(0)), Number(pending.readBigInt64LE(8)));
    }
  });
}

function openPipes(pid: number): ChildPipes {
  const open = (fd: number, flags: number): number => openSync(`/proc/${pid}/fd/${fd}`, flags | fsConstants.O_NONBLOCK);
  const reading = (fd: number): Socket => new Socket({ fd: open(fd, fsConstants.O_RDONLY), readable: true });
  return {
    stdin: new Socket({ fd: open(PIPE_FD.stdin.writing, fsConstants.O_WRONLY), readable: false, writable: true }),
    stdout: reading(PIPE_FD.stdout.reading),
    stderr: reading(PIPE_FD.stderr.reading),
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
