import type { Condition, SeccompProfile } from "./profile.ts";
import type { SyscallTable } from "./syscall-tables.ts";

/** One of the kernel's interfaces on a machine: 64-bit programs have another table than 32-bit ones. */
export interface Abi {
  /** AUDIT_ARCH_... of linux/audit.h. */
  readonly audit: number;
  readonly table: SyscallTable;
  /** A second table with the same AUDIT_ARCH, whose numbers have this bit set. */
  readonly variant?: { readonly bit: number; readonly table: SyscallTable };
  /** Numbers far above the table that are allowed too: first and last. */
  readonly beyond?: readonly [number, number];
}

/** An instruction of classic BPF: offsets count from the next one. */
interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly value: number;
}

const LOAD = 0x20;
const JUMP = 0x05;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_BITS = 0x45;
const RETURN = 0x06;

const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;

/** struct seccomp_data */
const OFFSET_NUMBER = 0;
const OFFSET_ARCH = 4;
const OFFSET_ARGUMENTS = 16;

/**
 * Compiles a profile to a filter for all interfaces of a machine. Calls are found by binary search: a handful of
 * comparisons for each, wherever its number lies.
 * @returns struct sock_filter, 8 bytes each
 */
export function compileProfile(profile: SeccompProfile, abis: readonly Abi[]): Uint8Array {
  const program = [load(OFFSET_ARCH)];
  for (const abi of abis) {
    const body = [load(OFFSET_NUMBER), ...abiProgram(profile, abi)];
    program.push(...skipUnless(abi.audit, body));
  }
  program.push(fail(EPERM));
  return encode(program);
}

/** Runs `body` (which returns) where the value is `wanted`, and goes on after it otherwise. */
function skipUnless(wanted: number, body: readonly Instruction[]): readonly Instruction[] {
  return [branch(JUMP_IF_EQUAL, wanted, [1, 0]), jump(body.length), ...body];
}

function abiProgram(profile: SeccompProfile, abi: Abi): readonly Instruction[] {
  const own = search([...segments(profile, abi.table, 0), ...beyond(abi)]);
  if (!abi.variant) return own;
  const other = search(segments(profile, abi.variant.table, abi.variant.bit));
  return splitAt(abi.variant.bit, own, other);
}

/** A run of numbers from `start` on, up to the next segment, that are answered alike. */
interface Segment {
  readonly start: number;
  readonly answer: readonly Instruction[];
}

function segments(profile: SeccompProfile, table: SyscallTable, base: number): readonly Segment[] {
  const special = new Map<number, readonly Instruction[]>();
  const add = (name: string, answer: readonly Instruction[]): void => {
    const number = table[name];
    if (number !== undefined) special.set(base + number, answer);
  };
  for (const name of profile.denied) add(name, [fail(EPERM)]);
  for (const name of profile.absent) add(name, [fail(ENOSYS)]);
  for (const [name, condition] of Object.entries(profile.conditions)) add(name, conditionProgram(condition));
  const allow = [allowed()];
  const found: Segment[] = [{ start: 0, answer: allow }];
  for (const number of [...special.keys()].sort((a, b) => a - b)) {
    if (found.at(-1)?.start === number) found.pop();
    found.push({ start: number, answer: special.get(number) ?? allow }, { start: number + 1, answer: allow });
  }
  const end = base + profile.newest + 1;
  return [...found.filter(({ start }) => start < end), { start: end, answer: [fail(ENOSYS)] }];
}

function beyond({ beyond: range }: Abi): readonly Segment[] {
  if (!range) return [];
  return [
    { start: range[0], answer: [allowed()] },
    { start: range[1] + 1, answer: [fail(ENOSYS)] },
  ];
}

function search(list: readonly Segment[]): readonly Instruction[] {
  const middle = list[list.length >> 1];
  if (list.length === 1 || !middle) return list[0]?.answer ?? [];
  const half = list.length >> 1;
  return splitAt(middle.start, search(list.slice(0, half)), search(list.slice(half)));
}

/** `below` for values less than `value`, `from` for all others. */
function splitAt(value: number, below: readonly Instruction[], from: readonly Instruction[]): readonly Instruction[] {
  if (below.length <= 255) return [branch(JUMP_IF_AT_LEAST, value, [below.length, 0]), ...below, ...from];
  return [branch(JUMP_IF_AT_LEAST, value, [0, 1]), jump(below.length), ...below, ...from];
}

function conditionProgram({ argument, without, oneOf, noneOf }: Condition): readonly Instruction[] {
  const values = oneOf ?? noneOf ?? [];
  const [hit, miss] = oneOf ? [allowed(), fail(EPERM)] : [fail(EPERM), allowed()];
  const tests =
    without === undefined
      ? values.map((value, index) => branch(JUMP_IF_EQUAL, value, [values.length - index, 0]))
      : [branch(JUMP_IF_BITS, without, [1, 0])];
  return [load(OFFSET_ARGUMENTS + 8 * argument), ...tests, miss, hit];
}

function load(offset: number): Instruction {
  return { code: LOAD, ifTrue: 0, ifFalse: 0, value: offset };
}

function branch(code: number, value: number, [ifTrue, ifFalse]: readonly [number, number]): Instruction {
  return { code, ifTrue, ifFalse, value };
}

function jump(distance: number): Instruction {
  return { code: JUMP, ifTrue: 0, ifFalse: 0, value: distance };
}

function allowed(): Instruction {
  return { code: RETURN, ifTrue: 0, ifFalse: 0, value: RET_ALLOW };
}

function fail(errno: number): Instruction {
  return { code: RETURN, ifTrue: 0, ifFalse: 0, value: RET_ERRNO | errno };
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, ifTrue, ifFalse, value }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes[index * 8 + 2] = ifTrue;
    bytes[index * 8 + 3] = ifFalse;
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
