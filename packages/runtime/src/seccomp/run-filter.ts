/** What a filter looks at (struct seccomp_data). */
export interface SyscallData {
  readonly audit: number;
  readonly number: number;
  /** Low 32 bits. */
  readonly args: readonly number[];
}

/** Runs a filter as the kernel would: for tests, and to explain a verdict. Only the instructions that we compile to. */
export function runFilter(filter: Uint8Array, data: SyscallData): number {
  const code = Buffer.from(filter.buffer, filter.byteOffset, filter.byteLength);
  const memory = Buffer.alloc(64);
  memory.writeUInt32LE(data.number, 0);
  memory.writeUInt32LE(data.audit, 4);
  data.args.forEach((value, index) => {
    memory.writeUInt32LE(value >>> 0, 16 + 8 * index);
  });
  let accumulator = 0;
  for (let at = 0; ; at += 8) {
    const [ifTrue, ifFalse, value] = [code.readUInt8(at + 2), code.readUInt8(at + 3), code.readUInt32LE(at + 4)];
    const branch = (holds: boolean): void => {
      at += 8 * (holds ? ifTrue : ifFalse);
    };
    switch (code.readUInt16LE(at)) {
      case 0x20:
        accumulator = memory.readUInt32LE(value);
        break;
      case 0x05:
        at += 8 * value;
        break;
      case 0x15:
        branch(accumulator === value);
        break;
      case 0x35:
        branch(accumulator >= value);
        break;
      case 0x45:
        branch((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new RangeError(`no such instruction: ${code.readUInt16LE(at)}`);
    }
  }
}
