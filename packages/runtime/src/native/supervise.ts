import { ERRNO, NAMESPACE, OPEN, PRCTL, SIGCHLD, SIGKILL } from "./kernel-flags.ts";
import { makePipe } from "./make-pipe.ts";
import type { ScriptBuilder, Slot } from "./script.ts";

/** What a report's first word says; anything larger is the position of a call that failed. */
export const REPORT: Readonly<Record<"child" | "status" | "notStarted" | "terminalReady" | "inside", number>> = {
  child: 1,
  status: 2,
  notStarted: 3,
  terminalReady: 4,
  inside: 5,
};

/**
 * Descriptors by number, agreed between script and launch. What Node sends comes by one pipe: the script, then what `go`
 * and `later` wait for. From `held` on lie the far ends, which a launcher holds until it has a script.
 */
export const FD: Readonly<Record<"report" | "go" | "later" | "held", number>> = { report: 4, go: 5, later: 6, held: 7 };

/** The ends of the pipes in the supervisor, which {@link launch} opens through /proc. */
export const PIPE_FD: Readonly<
  Record<"stdin" | "stdout" | "stderr", { readonly reading: number; readonly writing: number }>
> = {
  stdin: { reading: 20, writing: 21 },
  stdout: { reading: 22, writing: 23 },
  stderr: { reading: 24, writing: 25 },
};

export interface SuperviseOptions {
  readonly namespaces: readonly (keyof typeof NAMESPACE)[];
  /** `/proc/PID/ns/user` of a user namespace to enter first. */
  readonly userNamespace: string | undefined;
  /** Pipes for the three standard streams, rather than those of the launcher itself. */
  readonly pipes: boolean;
  /** The supervisor becomes the parent of what its child leaves behind, and ends only when all of that has ended. */
  readonly adopt?: boolean;
}

/**
 * Writes a supervisor: it makes the pipes, starts a child in new namespaces, tells its number, waits until Node has
 * opened the pipes (and mapped users, where that is needed), waits for its end and tells that. `child` writes what the
 * child does; it must end in execve or exit_group. Everything dies with the thread that started the launcher.
 *
 * The streams are pipes and not the sockets that Node makes: `> /dev/stdout` opens them anew, which a socket refuses.
 */
export function supervise(script: ScriptBuilder, options: SuperviseOptions, child: () => void): void {
  const pid = script.slot();
  const status = script.slot();
  dieWithParent(script);
  script.call("close_range", [FD.held, FD.held + 1, 0]);
  if (options.userNamespace !== undefined) enterUserNamespace(script, options.userNamespace);
  if (options.pipes) makePipes(script);
  if (options.adopt) script.call("prctl", [PRCTL.SET_CHILD_SUBREAPER, 1, 0, 0, 0]);
  const flags = options.namespaces.reduce((sum, name) => sum + NAMESPACE[name], SIGCHLD);
  script.call("clone", [flags, 0, 0, 0, 0], { result: pid, onZero: "child", purpose: "to make namespaces" });
  report(script, REPORT.child, pid);
  waitForGo(script, FD.go);
  if (options.pipes) closePipes(script);
  waitForChild(script, pid, status);
  report(script, REPORT.status, status);
  if (options.adopt) waitForAll(script);
  script.call("exit_group", [0]);
  script.label("abandoned");
  script.call("exit_group", [1]);
  script.label("child");
  dieWithParent(script);
  waitForGo(script, FD.go);
  child();
}

/** Writes {kind, value of the slot} to the report. */
export function report(script: ScriptBuilder, kind: number, value: Slot): void {
  const record = script.data(Buffer.alloc(16));
  script.copy(value, { address: { offset: record.offset + 8 } });
  const kindSlot = script.slot(kind);
  script.copy(kindSlot, { address: record });
  script.call("write", [FD.report, record, 16]);
}

/** Asks for SIGKILL when the parent ends. Lost on a change of user: to be asked for again then. */
export function dieWithParent(script: ScriptBuilder): void {
  script.call("prctl", [PRCTL.PDEATHSIG, SIGKILL, 0, 0, 0]);
}

/** Reads one byte; where none comes, Node is gone. */
export function waitForGo(script: ScriptBuilder, fd: number): void {
  const byte = script.slot();
  script.call("read", [fd, byte.address, 1], { onZero: "abandoned" });
}

/** Makes the pipes of {@link PIPE_FD} the standard streams of the child. */
export function usePipes(script: ScriptBuilder): void {
  script.call("dup3", [PIPE_FD.stdin.reading, 0, 0]);
  script.call("dup3", [PIPE_FD.stdout.writing, 1, 0]);
  script.call("dup3", [PIPE_FD.stderr.writing, 2, 0]);
}

function enterUserNamespace(script: ScriptBuilder, path: string): void {
  const fd = script.slot();
  script.call("openat", [-100, path, OPEN.CLOEXEC, 0], { result: fd, purpose: "to find the user namespace" });
  script.call("setns", [fd, NAMESPACE.user], { purpose: "to enter the user namespace" });
  script.call("close", [fd]);
}

function makePipes(script: ScriptBuilder): void {
  for (const { reading, writing } of Object.values(PIPE_FD)) makePipe(script, reading, writing);
}

function closePipes(script: ScriptBuilder): void {
  script.call("close_range", [PIPE_FD.stdin.reading, PIPE_FD.stderr.writing, 0], { onError: "continue" });
}

function waitForChild(script: ScriptBuilder, pid: Slot, status: Slot): void {
  const result = script.slot();
  script.label("wait");
  script.call("wait4", [pid, status.address, 0, 0], { result, onError: "continue" });
  script.jumpIfEqual(result, -ERRNO.EINTR, "wait");
}

function waitForAll(script: ScriptBuilder): void {
  script.label("wait for all");
  script.call("wait4", [-1, 0, 0, 0], { onError: "all ended" });
  script.jump("wait for all");
  script.label("all ended");
}
