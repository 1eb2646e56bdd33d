import { constants as fsConstants, openSync, readFileSync } from "node:fs";
import { Socket } from "node:net";
import type { Forked, Forker } from "./forker.ts";
import { message, RESIDENT_START } from "./resident.ts";
import type { AssembledScript, ScriptBuilder } from "./script.ts";
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
  /** The script that another program started inside said that it runs: failures are its own. */
  readonly inside: boolean;
}

export interface Launched {
  /** The script, for messages. */
  readonly script: AssembledScript;
  /** The child, as the host counts; undefined where it came to no child. */
  readonly child: Promise<number | undefined>;
  readonly pipes: Promise<ChildPipes | undefined>;
  readonly ended: Promise<LaunchEnd>;
  /** Ends the supervisor, and with it the child. */
  kill(): void;
}

export interface LaunchOptions {
  /** The script makes pipes. */
  readonly pipes: boolean;
  /** The child stays until this process ends, and does not keep it from ending. */
  readonly stay?: boolean;
  /** What the child leaves behind is ended; the script adopts it. */
  readonly endChildren?: boolean;
  /** Called with the child's number before the child goes on. */
  readonly beforeGo?: (child: number) => void;
  /** Called where the script reports a terminal, with the child's number; the child goes on afterwards. */
  readonly onTerminal?: (child: number) => void;
}

const RECORD_SIZE = 16;
/** One for the supervisor, one for the child. */
const GO = Buffer.from("gg");

/** Runs a supervising script (see supervise.ts). Everything it starts dies when this process dies. */
export function launch(forker: Forker, builder: ScriptBuilder, options: LaunchOptions): Launched {
  const script = builder.assemble({ start: RESIDENT_START });
  const { pid, commands, report } = forker.fork();
  const child = deferred<number | undefined>();
  const pipes = deferred<ChildPipes | undefined>();
  const ended = deferred<LaunchEnd>();
  const end: Writing<LaunchEnd> = { status: undefined, failure: undefined, notStarted: undefined, inside: false };
  const kill = (): void => {
    if (!report.destroyed) process.kill(pid, "SIGKILL");
  };
  let childPid = 0;
  const onChild = (number: number): void => {
    childPid = number;
    if (options.pipes) pipes.resolve(openPipes(pid));
    options.beforeGo?.(number);
    commands.write(GO);
    if (options.stay) for (const socket of [commands, report]) socket.unref();
    child.resolve(number);
  };
  const onRecord = (kind: number, value: number): void => {
    if (kind === REPORT.child) onChild(value);
    else if (kind === REPORT.terminalReady) {
      options.onTerminal?.(childPid);
      commands.write("g");
    } else if (kind === REPORT.status) {
      end.status = value;
      if (options.endChildren) endChildren(pid, report);
    } else if (kind === REPORT.inside) end.inside = true;
    else if (kind === REPORT.notStarted) end.notStarted = -value;
    else end.failure ??= { position: kind, errno: value };
  };
  readRecords(report, (kind, value) => {
    try {
      onRecord(kind, value);
    } catch (error) {
      kill();
      ended.reject(error);
    }
  });
  commands.on("error", () => {});
  report.on("error", (error) => ended.reject(error));
  report.on("close", () => {
    commands.destroy();
    ended.resolve(end);
  });
  for (const chunk of message(script.bytes)) commands.write(chunk);
  const settle = (): void => {
    child.resolve(undefined);
    pipes.resolve(undefined);
  };
  ended.promise.then(settle, settle);
  return { script, child: child.promise, pipes: pipes.promise, ended: ended.promise, kill };
}

const CHILDREN_POLL_MS = 5;

/** Ends the children of the supervisor, and what they leave to it in turn, until it has none. */
function endChildren(supervisor: number, report: Socket): void {
  if (report.destroyed) return;
  for (const child of childrenOf(supervisor)) {
    try {
      process.kill(child, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  setTimeout(() => endChildren(supervisor, report), CHILDREN_POLL_MS);
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

type Writing<T> = { -readonly [Key in keyof T]: T[Key] };

function readRecords(report: Forked["report"], onRecord: (kind: number, value: number) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  report.on("data", (chunk: Buffer) => {
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
