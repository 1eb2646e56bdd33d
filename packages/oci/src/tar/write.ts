import { TsbuildError } from "../error.ts";
import { BLOCK, checksumOf, FIELD, type Field, tarPadding } from "./block.ts";
import type { Entry, EntryType } from "./entry.ts";
import { compareNames, encodeName } from "./name.ts";
import { encodePax, formatPaxTime, type PaxRecord } from "./pax.ts";

/** What ends a tar: two blocks of zeros. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

const TYPE_FLAG: Readonly<Record<EntryType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

/** A name that depends on nothing, so that equal entries have equal bytes. */
const PAX_NAME = "PaxHeader";

/**
 * The header of an entry: one ustar block, and before it a PAX header for what ustar cannot say (names that are long or
 * not ASCII, big or negative numbers, nanoseconds, extended attributes). The same entry always gives the same bytes.
 * No user and group names, no atime, no ctime.
 *
 * @throws TsbuildError ENTRY_INVALID where a name holds a NUL or a number is not a whole one
 */
export function encodeEntry(entry: Entry): Uint8Array {
  checkEntry(entry);
  const name = encodeName(archiveName(entry));
  const link = encodeName(entry.linkName ?? "");
  const records = paxRecords(entry, name, link);
  const header = headerBlock(entry, name, link);
  return records.length === 0 ? header : Buffer.concat([paxHeader(records), header]);
}

function archiveName(entry: Entry): string {
  if (entry.path === "") return "./";
  return entry.type === "directory" ? `${entry.path}/` : entry.path;
}

function checkEntry(entry: Entry): void {
  const fail = (problem: string): never => {
    throw new TsbuildError("ENTRY_INVALID", `cannot write ${JSON.stringify(entry.path)} to a tar: ${problem}`);
  };
  if (entry.path.includes("\0") || entry.linkName?.includes("\0")) fail("a name holds a NUL byte");
  for (const field of ["mode", "uid", "gid", "size", "devMajor", "devMinor"] as const) {
    const value = entry[field] ?? 0;
    if (!Number.isSafeInteger(value) || value < 0) fail(`${field} is ${value}`);
  }
  if (!Number.isSafeInteger(entry.mtime)) fail(`mtime is ${entry.mtime}`);
  for (const key of entry.xattrs?.keys() ?? []) if (/[=\0]/.test(key)) fail(`an extended attribute is named ${key}`);
}

/** The records in the order of their keys, as all writers do that care for reproducible bytes. */
function paxRecords(entry: Entry, name: Buffer, link: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  const say = (key: string, value: string) => records.push([key, Buffer.from(value)]);
  if (entry.xattrs !== undefined) records.push(...xattrRecords(entry.xattrs));
  if (!fits(entry.gid, FIELD.gid)) say("gid", String(entry.gid));
  if (!fitsText(link, FIELD.linkName)) records.push(["linkpath", link]);
  if (!fits(entry.mtime, FIELD.mtime) || entry.mtimeNsec !== 0)
    say("mtime", formatPaxTime(entry.mtime, entry.mtimeNsec));
  if (!fitsText(name, FIELD.name)) records.push(["path", name]);
  if (!fits(entry.size, FIELD.size)) say("size", String(entry.size));
  if (!fits(entry.uid, FIELD.uid)) say("uid", String(entry.uid));
  return records;
}

/** Their upper-case prefix sorts before all other keys. */
function xattrRecords(xattrs: ReadonlyMap<string, Uint8Array>): PaxRecord[] {
  const sorted = [...xattrs].sort(([a], [b]) => compareNames(a, b));
  return sorted.map(([key, value]) => [`SCHILY.xattr.${key}`, value]);
}

function paxHeader(records: readonly PaxRecord[]): Uint8Array {
  const body = encodePax(records);
  const block = Buffer.alloc(BLOCK);
  putText(block, FIELD.name, Buffer.from(PAX_NAME));
  for (const field of [FIELD.mode, FIELD.uid, FIELD.gid, FIELD.mtime]) putNumber(block, field, 0);
  putNumber(block, FIELD.size, body.length);
  return Buffer.concat([seal(block, "x"), body, Buffer.alloc(tarPadding(body.length))]);
}

function headerBlock(entry: Entry, name: Buffer, link: Buffer): Buffer {
  const block = Buffer.alloc(BLOCK);
  putText(block, FIELD.name, name);
  putNumber(block, FIELD.mode, entry.mode & 0o7777);
  putNumber(block, FIELD.uid, entry.uid);
  putNumber(block, FIELD.gid, entry.gid);
  putNumber(block, FIELD.size, entry.size);
  putNumber(block, FIELD.mtime, entry.mtime);
  putText(block, FIELD.linkName, link);
  putNumber(block, FIELD.devMajor, entry.devMajor ?? 0);
  putNumber(block, FIELD.devMinor, entry.devMinor ?? 0);
  return seal(block, TYPE_FLAG[entry.type]);
}

function seal(block: Buffer, type: string): Buffer {
  block.write(type, FIELD.type[0], "latin1");
  block.write("ustar\x0000", FIELD.magic[0], "latin1");
  const sum = checksumOf(block).toString(8).padStart(6, "0");
  block.write(`${sum}\0 `, FIELD.checksum[0], "latin1");
  return block;
}

function fits(value: number, [, length]: Field): boolean {
  return value >= 0 && value < 8 ** (length - 1);
}

function fitsText(text: Buffer, [, length]: Field): boolean {
  return text.length <= length && !text.some(isNotAscii);
}

function isNotAscii(byte: number): boolean {
  return byte >= 0x80;
}

/** What does not fit is said by PAX; the field then holds 0. */
function putNumber(block: Buffer, field: Field, value: number): void {
  const [offset, length] = field;
  const digits = (fits(value, field) ? value : 0).toString(8).padStart(length - 1, "0");
  block.write(digits, offset, "latin1");
}

/** What does not fit is said by PAX; the field then holds the ASCII that does. */
function putText(block: Buffer, field: Field, text: Buffer): void {
  const [offset, length] = field;
  if (fitsText(text, field)) {
    block.set(text, offset);
    return;
  }
  // A cut name that happens to end in "/" would make a plain file a directory for old readers.
  const shown = text.filter((byte) => !isNotAscii(byte)).subarray(0, length);
  block.set(shown.subarray(0, lengthWithoutSlashes(shown)), offset);
}

function lengthWithoutSlashes(text: Uint8Array): number {
  let length = text.length;
  while (length > 0 && text[length - 1] === 0x2f) length--;
  return length;
}
