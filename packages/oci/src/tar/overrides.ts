import { TsbuildError } from "../error.ts";
import type { Entry, EntryType } from "./entry.ts";
import type { RawHeader } from "./header.ts";
import { decodeName } from "./name.ts";
import { decodePax, parsePaxTime } from "./pax.ts";
import { safePath } from "./safe-path.ts";

/** What the entries before an entry say about it: PAX records, GNU long names. */
export interface Overrides {
  readonly path?: Buffer;
  readonly linkName?: Buffer;
  /** In order, as far as known here; an empty value takes a record back. */
  readonly records: readonly (readonly [key: string, value: Buffer])[];
}

const XATTR = "SCHILY.xattr.";

const TYPE: Readonly<Record<string, EntryType>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  S: "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  D: "directory",
  "6": "fifo",
};

export function noOverrides(): Overrides {
  return { records: [] };
}

/** Adds the records of a PAX header. */
export function withPax(overrides: Overrides, body: Buffer): Overrides {
  return { ...overrides, records: [...overrides.records, ...decodePax(body)] };
}

/**
 * The last value of a record; undefined where there is none or it is empty.
 */
export function recordOf(overrides: Overrides, key: string): Buffer | undefined {
  const value = overrides.records.findLast(([name]) => name === key)?.[1];
  return value?.length === 0 ? undefined : value;
}

/**
 * The entry that a header and what preceded it mean, and how many bytes of the archive belong to it.
 * @throws TsbuildError TAR_INVALID
 */
export function toEntry(header: RawHeader, overrides: Overrides): { entry: Entry; stored: number } {
  const pax = (key: string) => recordOf(overrides, key);
  const name = pax("GNU.sparse.name") ?? pax("path") ?? overrides.path ?? header.name;
  const type = typeOf(header, name);
  const stored = numberOf(pax("size")) ?? header.size;
  if (stored < 0) throw new TsbuildError("TAR_INVALID", `tar has an entry of ${stored} bytes`);
  const realSize = numberOf(pax("GNU.sparse.realsize")) ?? numberOf(pax("GNU.sparse.size")) ?? header.realSize;
  const [mtime, mtimeNsec] = timeOf(pax("mtime"), header.mtime);
  const xattrs = xattrsOf(overrides);
  const entry: Entry = {
    path: safePath(decodeName(name)),
    type,
    mode: header.mode & 0o7777,
    uid: numberOf(pax("uid")) ?? header.uid,
    gid: numberOf(pax("gid")) ?? header.gid,
    size: type === "file" ? (realSize ?? stored) : 0,
    mtime,
    mtimeNsec,
    ...linkOf(type, pax("linkpath") ?? overrides.linkName ?? header.linkName),
    ...(type === "char" || type === "block" ? { devMajor: header.devMajor, devMinor: header.devMinor } : {}),
    ...(xattrs.size > 0 ? { xattrs } : {}),
  };
  return { entry, stored: hasBody(header.flag) ? stored : 0 };
}

/** Links, devices and directories have no body, whatever their size field says; GNU's dump directories have one. */
function hasBody(flag: string): boolean {
  return TYPE[flag] === "file" || flag === "D";
}

function typeOf(header: RawHeader, name: Buffer): EntryType {
  const type = TYPE[header.flag];
  if (type === undefined)
    throw new TsbuildError(
      "TAR_INVALID",
      `tar has an entry of unknown type ${JSON.stringify(header.flag)}: ${JSON.stringify(decodeName(name))}`,
    );
  // V7 had no directories but by their names.
  return header.flag === "\0" && name.at(-1) === 0x2f ? "directory" : type;
}

function linkOf(type: EntryType, linkName: Buffer): { linkName?: string } {
  if (type === "symlink") return { linkName: decodeName(linkName) };
  return type === "hardlink" ? { linkName: safePath(decodeName(linkName)) } : {};
}

function timeOf(record: Buffer | undefined, seconds: number): readonly [number, number] {
  return record === undefined ? [seconds, 0] : parsePaxTime(record.toString("latin1"));
}

function numberOf(record: Buffer | undefined): number | undefined {
  if (record === undefined) return undefined;
  const text = record.toString("latin1");
  const value = Number(text);
  if (!/^-?[0-9]+$/.test(text) || !Number.isSafeInteger(value))
    throw new TsbuildError("TAR_INVALID", `PAX header has a malformed number: ${JSON.stringify(text)}`);
  return value;
}

function xattrsOf(overrides: Overrides): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of overrides.records) {
    if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), value);
  }
  return xattrs;
}
