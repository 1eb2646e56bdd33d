import { TsbuildError } from "../error.ts";
import { BLOCK, checksumOf, FIELD, type Field } from "./block.ts";

/** The fields of one header block, as they lie there: nothing is interpreted yet. */
export interface RawHeader {
  readonly name: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  /** The type flag: one Latin-1 character. */
  readonly flag: string;
  readonly linkName: Buffer;
  readonly devMajor: number;
  readonly devMinor: number;
  /** True where the block has GNU's magic word: it may then hold a sparse map. */
  readonly gnu: boolean;
  /** The size of a file of GNU's sparse format. */
  readonly realSize?: number;
}

/** Tells whether the block is all zeros: half of the end marker. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < BLOCK; at++) if (block[at] !== 0) return false;
  return true;
}

/**
 * Reads a header block of the formats V7, ustar, PAX, GNU and star.
 * @throws TsbuildError TAR_INVALID on a wrong checksum or a malformed number
 */
export function parseHeader(bytes: Uint8Array): RawHeader {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, BLOCK);
  checkSum(block);
  const magic = block.toString("latin1", 257, 265);
  const ustar = magic.startsWith("ustar\0");
  const gnu = magic === "ustar  \0";
  return {
    name: ustar ? joinPrefix(block) : text(block, FIELD.name),
    mode: numberAt(block, FIELD.mode),
    uid: numberAt(block, FIELD.uid),
    gid: numberAt(block, FIELD.gid),
    size: numberAt(block, FIELD.size),
    mtime: numberAt(block, FIELD.mtime),
    flag: block.toString("latin1", 156, 157),
    linkName: text(block, FIELD.linkName),
    devMajor: ustar || gnu ? numberAt(block, FIELD.devMajor) : 0,
    devMinor: ustar || gnu ? numberAt(block, FIELD.devMinor) : 0,
    gnu,
    ...(block[156] === 0x53 ? { realSize: numberAt(block, [483, 12]) } : {}),
  };
}

/**
 * A number field: octal digits between spaces and NULs, or base-256 where the first bit is set (GNU, star).
 * @throws TsbuildError TAR_INVALID
 */
export function numberAt(block: Buffer, [offset, length]: Field): number {
  if (((block[offset] as number) & 0x80) !== 0) return base256(block.subarray(offset, offset + length));
  let at = offset;
  while (at < offset + length && isBlank(block[at] as number)) at++;
  let value = 0;
  for (; at < offset + length && !isBlank(block[at] as number); at++) {
    const digit = (block[at] as number) - 0x30;
    if (digit < 0 || digit > 7) throw new TsbuildError("TAR_INVALID", "tar header has a malformed number");
    value = value * 8 + digit;
  }
  return value;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0;
}

function checkSum(block: Buffer): void {
  const wanted = numberAt(block, FIELD.checksum);
  // Old tars summed signed bytes; both sums are equal while all bytes are ASCII.
  if (wanted !== checksumOf(block) && wanted !== signedChecksum(block))
    throw new TsbuildError("TAR_INVALID", "tar header has a wrong checksum", {
      hint: "The archive is damaged, or it is no tar.",
    });
}

function signedChecksum(block: Buffer): number {
  let sum = checksumOf(block);
  for (let at = 0; at < BLOCK; at++) {
    const inChecksum = at >= FIELD.checksum[0] && at < FIELD.checksum[0] + FIELD.checksum[1];
    if (!inChecksum && (block[at] as number) >= 0x80) sum -= 256;
  }
  return sum;
}

function base256(bytes: Buffer): number {
  const negative = ((bytes[0] as number) & 0x40) !== 0;
  let value = BigInt(`0x${bytes.toString("hex")}`) & ~(1n << BigInt(bytes.length * 8 - 1));
  if (negative) value -= 1n << BigInt(bytes.length * 8 - 1);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new TsbuildError("TAR_INVALID", `tar header has a number out of range`);
  return number;
}

function joinPrefix(block: Buffer): Buffer {
  const name = text(block, FIELD.name);
  const star = block.toString("latin1", 508, 512) === "tar\0";
  const prefix = text(block, star ? [FIELD.prefix[0], 131] : FIELD.prefix);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]);
}

/** A copy, because the block is overwritten by the next one. */
function text(block: Buffer, [offset, length]: Field): Buffer {
  const end = block.indexOf(0, offset);
  return Buffer.from(block.subarray(offset, end === -1 || end > offset + length ? offset + length : end));
}
