import { encodeName } from "@tsbuild/oci";
import type { LauncherArch } from "./launcher-elf.ts";
import { type SyscallName, syscallNumber } from "./syscall-numbers.ts";

/** A place in a script's memory. */
export interface Address {
  readonly offset: number;
}

/** Eight bytes of a script's memory whose value is taken when the call is made. */
export interface Slot {
  readonly address: Address;
}

/** What a call can be given: a number, text (its address; NUL is added), an address, or the value of a slot. */
export type Operand = number | bigint | string | Address | Slot;

export interface CallOptions {
  /** Where the result goes. */
  readonly result?: Slot;
  /** A label to go on at after an error; `continue` the next call. @default the script fails with a report */
  readonly onError?: string;
  /** A label to go on at where the result is 0. */
  readonly onZero?: string;
  /** What the call is for, in the message where it fails. */
  readonly purpose?: string;
}

/** A script ready to be piped into the launcher. */
export interface AssembledScript {
  readonly bytes: Uint8Array;
  /** The call at a position that the launcher reported, for messages. */
  callAt(position: number): { readonly text: string; readonly purpose: string | undefined } | undefined;
  /** Where memory at `address` lies within {@link bytes}. */
  offsetOf(address: Address): number;
  /** Where the instruction behind a label lies in the launcher's memory. */
  positionOf(label: string): number;
}

/** Collects calls and data, then lays them out for launcher.c. */
export interface ScriptBuilder {
  data(bytes: Uint8Array): Address;
  text(value: string): Address;
  slot(initial?: number): Slot;
  /** Addresses followed by 0, as execve takes them. */
  pointers(addresses: readonly Address[]): Address;
  call(name: SyscallName, args: readonly Operand[], options?: CallOptions): void;
  /** Jumps to `label` where the slot holds `value`. */
  jumpIfEqual(slot: Slot, value: number, label: string): void;
  copy(from: Slot, to: Slot): void;
  /** `from - value`, to `result`; goes on at `onZero` where that is 0. */
  subtract(from: Operand, value: Operand, options: Pick<CallOptions, "result" | "onZero">): void;
  jump(label: string): void;
  label(name: string): void;
  assemble(options?: AssembleOptions): AssembledScript;
}

export interface AssembleOptions {
  /** Where in the launcher's memory the script will lie, for one that another script reads. @default 0 */
  readonly start?: number;
  /** Labels of the other script: where its instructions lie. */
  readonly labels?: Readonly<Record<string, number>>;
}

interface Instruction {
  readonly number: number;
  readonly name: string;
  readonly args: readonly Operand[];
  readonly options: CallOptions;
}

/** Where the launcher's memory begins. */
export const BASE: bigint = 0x20000000n;
const INSTRUCTION_SIZE = 72;
/** Where the first instruction lies, from the start of a script. */
export const HEADER_SIZE: number = 8;
const SUBTRACT = 0xffff0000;

/** Starts a script for `arch`. */
export function createScript(arch: LauncherArch): ScriptBuilder {
  const instructions: Instruction[] = [];
  const memory = createMemory();
  const labels = new Map<string, number>();
  const add = (number: number, name: string, args: readonly Operand[], options: CallOptions): void => {
    for (const arg of args) if (typeof arg === "string") memory.text(arg);
    instructions.push({ number, name, args, options });
  };
  return {
    data: memory.data,
    text: memory.text,
    pointers: memory.pointers,
    slot: (initial = 0) => ({ address: memory.data(int64(initial)) }),
    call: (name, args, options = {}) => add(syscallNumber(arch, name), name, args, options),
    jumpIfEqual: (slot, value, label) => add(SUBTRACT, "subtract", [slot, value], { onZero: label }),
    copy: (from, to) => add(SUBTRACT, "subtract", [from, 0], { result: to }),
    subtract: (from, value, options) => add(SUBTRACT, "subtract", [from, value], options),
    jump: (label) => add(SUBTRACT, "subtract", [0, 0], { onZero: label }),
    label: (name) => {
      labels.set(name, instructions.length);
    },
    assemble: ({ start = 0, labels: others = {} } = {}) => {
      const own = [...labels].map(([name, index]) => [name, start + position(index)] as const);
      return layOut(instructions, memory, { start, labels: new Map([...Object.entries(others), ...own]) });
    },
  };
}

interface Memory {
  data(bytes: Uint8Array): Address;
  text(value: string): Address;
  pointers(addresses: readonly Address[]): Address;
  size(): number;
  /** Copies everything to `into` from `offset` on, which will be at `address`. */
  write(into: Buffer, offset: number, address: bigint): void;
}

function createMemory(): Memory {
  const chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const pointerLists: { readonly offset: number; readonly addresses: readonly Address[] }[] = [];
  const texts = new Map<string, Address>();
  let size = 0;
  const reserve = (length: number, alignment: number): number => {
    const offset = Math.ceil(size / alignment) * alignment;
    size = offset + length;
    return offset;
  };
  const place = (bytes: Uint8Array, alignment: number): Address => {
    const offset = reserve(bytes.length, alignment);
    chunks.push({ offset, bytes });
    return { offset };
  };
  return {
    data: (bytes) => place(bytes, 8),
    text: (value) => {
      const known = texts.get(value);
      if (known) return known;
      const address = place(Buffer.concat([encodeName(value), Buffer.alloc(1)]), 1);
      texts.set(value, address);
      return address;
    },
    pointers: (addresses) => {
      const offset = reserve(8 * (addresses.length + 1), 8);
      pointerLists.push({ offset, addresses });
      return { offset };
    },
    size: () => size,
    write: (into, offset, address) => {
      for (const chunk of chunks) into.set(chunk.bytes, offset + chunk.offset);
      for (const list of pointerLists) {
        list.addresses.forEach((pointed, index) => {
          into.writeBigUInt64LE(address + BigInt(pointed.offset), offset + list.offset + 8 * index);
        });
      }
    },
  };
}

interface Layout {
  readonly start: number;
  /** Positions in the launcher's memory. */
  readonly labels: ReadonlyMap<string, number>;
}

/** Where an instruction lies, from the start of its script. */
function position(index: number): number {
  return HEADER_SIZE + index * INSTRUCTION_SIZE;
}

function layOut(instructions: readonly Instruction[], memory: Memory, { start, labels }: Layout): AssembledScript {
  const dataStart = Math.ceil(position(instructions.length) / 16) * 16;
  const addressOf = (address: Address): bigint => BASE + BigInt(start + dataStart + address.offset);
  const target = (label: string | undefined): number => {
    if (label === undefined) return 0;
    if (label === "continue") return 1;
    const found = labels.get(label);
    if (found === undefined) throw new RangeError(`no label ${label} in the script`);
    return found;
  };
  const bytes = Buffer.alloc(dataStart + memory.size() + 16);
  bytes.writeBigUInt64LE(BigInt(start + HEADER_SIZE), 0);
  memory.write(bytes, dataStart, addressOf({ offset: 0 }));
  instructions.forEach(({ number, args, options }, index) => {
    const at = position(index);
    bytes.writeUInt32LE(number, at);
    bytes.writeUInt32LE(
      args.reduce<number>((loads, arg, k) => (isSlot(arg) ? loads | (1 << k) : loads), 0),
      at + 4,
    );
    args.forEach((arg, k) => {
      bytes.writeBigUInt64LE(operandValue(arg, memory, addressOf), at + 8 + 8 * k);
    });
    bytes.writeBigUInt64LE(options.result ? addressOf(options.result.address) : 0n, at + 56);
    bytes.writeUInt32LE(target(options.onError), at + 64);
    bytes.writeUInt32LE(target(options.onZero), at + 68);
  });
  return {
    bytes,
    callAt: (at) => describe(instructions[(at - start - HEADER_SIZE) / INSTRUCTION_SIZE]),
    offsetOf: (address) => dataStart + address.offset,
    positionOf: target,
  };
}

function operandValue(operand: Operand, memory: Memory, addressOf: (address: Address) => bigint): bigint {
  if (typeof operand === "bigint") return BigInt.asUintN(64, operand);
  if (typeof operand === "number") return BigInt.asUintN(64, BigInt(operand));
  if (typeof operand === "string") return addressOf(memory.text(operand));
  return addressOf(isSlot(operand) ? operand.address : operand);
}

function isSlot(operand: Operand): operand is Slot {
  return typeof operand === "object" && "address" in operand;
}

function describe(instruction: Instruction | undefined): ReturnType<AssembledScript["callAt"]> {
  if (!instruction) return undefined;
  const shown = instruction.args.filter((arg) => typeof arg === "string").map((arg) => JSON.stringify(arg));
  return { text: `${instruction.name}(${shown.join(", ")})`, purpose: instruction.options.purpose };
}

function int64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
