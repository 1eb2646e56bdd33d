import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { TsbuildError } from "@tsbuild/oci";
import type { BatchHost } from "./batch.ts";
import { OPEN, SIGCHLD } from "./kernel-flags.ts";
import { makePipe } from "./make-pipe.ts";
import { loadScript, RESIDENT_FD, type Resident, startResident } from "./resident.ts";
import type { ScriptBuilder } from "./script.ts";
import { dieWithParent, FD } from "./supervise.ts";

/** A launcher that waits for a script, and the two pipes to it. */
export interface Forked {
  readonly pid: number;
  /** What it reads: a script first (see {@link message}). */
  readonly commands: Socket;
  /** What it says: records. Ends when nothing of it can say more. */
  readonly report: Socket;
}

/** Makes launchers: a small process forks in a tenth of the time that Node takes to fork itself. */
export interface Forker {
  readonly host: BatchHost;
  fork(): Forked;
  close(): void;
}

/** The far ends of a launcher's pipes, while it waits. */
const HELD: Readonly<Record<"commands" | "report", number>> = { commands: FD.held, report: FD.held + 1 };

const HIGH_FD = 40;

/** A forker for `host`. Its process starts with the first use, and again where something ended it. */
export function createForker(host: BatchHost): Forker {
  let resident: Resident | undefined;
  const close = (): void => {
    resident?.close();
    resident = undefined;
  };
  return {
    host,
    fork: () => {
      for (let attempt = 0; ; attempt++) {
        resident ??= startResident(host, forkOnDemand);
        const pid = requestChild(resident);
        if (pid !== undefined) return connect(pid);
        close();
        if (attempt > 0) throw new TsbuildError("RUNTIME_FAILED", "no process could be forked: a limit may be reached");
      }
    },
    close,
  };
}

/** The new child's number; undefined where the forker is gone. */
function requestChild(resident: Resident): number | undefined {
  const answer = Buffer.alloc(8);
  try {
    resident.send([Buffer.of(1)]);
  } catch {
    return undefined;
  }
  return resident.receive(answer) === answer.length ? Number(answer.readBigInt64LE()) : undefined;
}

/** Opens the near ends. The child holds the far ones until it has been given a script. */
function connect(pid: number): Forked {
  const open = (fd: number, flags: number): number => openSync(`/proc/${pid}/fd/${fd}`, flags | constants.O_NONBLOCK);
  return {
    pid,
    commands: new Socket({ fd: open(FD.go, constants.O_WRONLY), readable: false, writable: true }),
    report: new Socket({ fd: open(FD.report, constants.O_RDONLY), readable: true }),
  };
}

/** For each byte: a child with pipes of its own, which reads a script and goes on in it. */
function forkOnDemand(script: ScriptBuilder): void {
  const [byte, pid, self] = [script.slot(), script.slot(), script.slot()];
  script.call("getpid", [], { result: self });
  setChildSignal(script, "ignore");
  script.label("next");
  script.call("read", [RESIDENT_FD.input.reading, byte.address, 1], { onZero: "ended" });
  makePipe(script, FD.go, HELD.commands);
  script.call("dup3", [FD.go, FD.later, OPEN.CLOEXEC]);
  // The lowest free descriptors, which a pipe gets at first, are those wanted here.
  makePipe(script, HELD.report, HIGH_FD);
  script.call("dup3", [HIGH_FD, FD.report, OPEN.CLOEXEC]);
  script.call("close", [HIGH_FD]);
  script.call("clone", [SIGCHLD, 0, 0, 0, 0], { result: pid, onZero: "child" });
  script.call("write", [RESIDENT_FD.output.writing, pid.address, 8]);
  script.call("close_range", [FD.report, HELD.report, 0]);
  script.jump("next");
  script.label("child");
  dieWithParent(script);
  // The forker may have ended before.
  script.call("kill", [self, 0], { onError: "ended" });
  setChildSignal(script, "default");
  script.call("close_range", [RESIDENT_FD.input.reading, RESIDENT_FD.output.writing, 0]);
  loadScript(script, FD.go);
}

/** What becomes of children that ended: ignored, nobody need wait for them. */
function setChildSignal(script: ScriptBuilder, disposition: "ignore" | "default"): void {
  const action = Buffer.alloc(32);
  action.writeBigUInt64LE(disposition === "ignore" ? 1n : 0n);
  script.call("rt_sigaction", [SIGCHLD, script.data(action), 0, 8]);
}
