import { CAPABILITIES, capabilityMask } from "../spec/capabilities.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";
import { PRCTL } from "./kernel-flags.ts";
import type { Address, CallOptions, ScriptBuilder } from "./script.ts";
import { dieWithParent } from "./supervise.ts";

const CAPABILITY_VERSION_3 = 0x20080522;
const SECCOMP_SET_MODE_FILTER = 1;

export type ConfinedProcess = Pick<ContainerSpec, "user" | "capabilities" | "userNamespace">;

export interface ConfineOptions {
  /** The seccomp filter; none where undefined. */
  readonly filter: Uint8Array | undefined;
  /** What this machine forbids is left out: a container around us does it then. @default false */
  readonly lenient?: boolean;
  /** It lives on when its parent ends. @default false */
  readonly detached?: boolean;
}

/** Writes the calls that take from the process what it may not do, and make it `spec.user`. */
export function confine(
  script: ScriptBuilder,
  spec: ConfinedProcess,
  { filter, lenient = false, detached = false }: ConfineOptions,
): void {
  const onError = lenient ? { onError: "continue" } : {};
  for (const [number, name] of CAPABILITIES.entries()) {
    if (spec.capabilities.includes(name)) continue;
    script.call("prctl", [PRCTL.CAPBSET_DROP, number, 0, 0, 0], { onError: "continue" });
  }
  // Needs CAP_SYS_ADMIN, which goes with the change of user below.
  if (filter) script.call("seccomp", [SECCOMP_SET_MODE_FILTER, 0, filterProgram(script, filter)], onError);
  becomeUser(script, spec);
  if (!detached) dieWithParent(script);
  if (spec.user.uid === 0) setCapabilities(script, capabilityMask(spec.capabilities), onError);
}

/** Starts the loopback device of a fresh network namespace. */
export function startLoopback(script: ScriptBuilder): void {
  const [AF_INET, SOCK_DGRAM, SIOCSIFFLAGS, UP_RUNNING] = [2, 2, 0x8914, 0x41];
  const request = Buffer.alloc(40);
  request.write("lo");
  request.writeUInt16LE(UP_RUNNING, 16);
  const socket = script.slot();
  script.call("socket", [AF_INET, SOCK_DGRAM, 0], { result: socket });
  script.call("ioctl", [socket, SIOCSIFFLAGS, script.data(request)], { purpose: "to start the loopback device" });
  script.call("close", [socket]);
}

function becomeUser(script: ScriptBuilder, spec: ConfinedProcess): void {
  const { uid, gid, additionalGids } = spec.user;
  const groups = Buffer.alloc(4 * Math.max(1, additionalGids.length));
  additionalGids.forEach((group, index) => {
    groups.writeUInt32LE(group, 4 * index);
  });
  const purpose = `to become user ${uid}, group ${gid}`;
  if (!spec.userNamespace?.singleId) {
    script.call("setgroups", [additionalGids.length, script.data(groups)], { purpose });
  }
  script.call("setresgid", [gid, gid, gid], { purpose });
  script.call("setresuid", [uid, uid, uid], { purpose });
}

function setCapabilities(script: ScriptBuilder, mask: bigint, options: CallOptions): void {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [half, offset] of [
    [mask & 0xffffffffn, 0],
    [mask >> 32n, 12],
  ] as const) {
    data.writeUInt32LE(Number(half), offset);
    data.writeUInt32LE(Number(half), offset + 4);
  }
  script.call("capset", [script.data(header), script.data(data)], options);
}

/** struct sock_fprog: the number of instructions and where they are. */
function filterProgram(script: ScriptBuilder, filter: Uint8Array): Address {
  const length = Buffer.alloc(8);
  length.writeUInt16LE(filter.length / 8);
  const instructions = script.data(filter);
  const program = script.data(length);
  script.pointers([instructions]);
  return program;
}
