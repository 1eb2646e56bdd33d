import type { EntryType } from "../tar/entry.ts";
import { compareNames } from "../tar/name.ts";
import type { IndexedDirectory, IndexedEntry } from "./layer-index.ts";
import { joinPath } from "./path.ts";

/** Where the JSON of each directory lies in the second part of an index file. */
export type IndexTable = readonly (readonly [directory: string, offset: number, length: number])[];

const TYPES: readonly EntryType[] = ["file", "directory", "symlink", "hardlink", "char", "block", "fifo"];

/** What only few entries have. */
interface Rare {
  readonly link?: string;
  readonly device?: readonly [major: number, minor: number];
  readonly xattrs?: readonly (readonly [name: string, base64: string])[];
  readonly group?: string;
  readonly holes?: boolean;
  readonly implied?: boolean;
}

type Row = readonly [
  name: string,
  type: number,
  mode: number,
  uid: number,
  gid: number,
  size: number,
  mtime: number,
  mtimeNsec: number,
  offset: number,
  rare?: Rare,
];

interface DirectoryRecord {
  readonly rows: readonly Row[];
  readonly whiteouts?: readonly string[];
  readonly opaque?: true;
}

/** Writes one JSON text per directory, so that a reader decodes only the directories that it is asked about. */
export function encodeIndex(directories: ReadonlyMap<string, IndexedDirectory>): {
  readonly table: IndexTable;
  readonly body: Buffer;
} {
  const table: [string, number, number][] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [path, directory] of [...directories].sort(([a], [b]) => compareNames(a, b))) {
    const part = Buffer.from(JSON.stringify(toRecord(directory)));
    table.push([path, offset, part.length]);
    parts.push(part);
    offset += part.length;
  }
  return { table, body: Buffer.concat(parts) };
}

/** The opposite of what {@link encodeIndex} does for one directory. */
export function decodeDirectory(path: string, json: string): IndexedDirectory {
  const record = JSON.parse(json) as DirectoryRecord;
  return {
    entries: new Map(record.rows.map((row) => [row[0], fromRow(path, row)])),
    whiteouts: new Set(record.whiteouts),
    opaque: record.opaque === true,
  };
}

function toRecord(directory: IndexedDirectory): DirectoryRecord {
  const rows = [...directory.entries].sort(([a], [b]) => compareNames(a, b)).map(([name, entry]) => toRow(name, entry));
  return {
    rows,
    ...(directory.whiteouts.size > 0 ? { whiteouts: [...directory.whiteouts].sort(compareNames) } : {}),
    ...(directory.opaque ? { opaque: true } : {}),
  };
}

function toRow(name: string, entry: IndexedEntry): Row {
  const { mode, uid, gid, size, mtime, mtimeNsec } = entry;
  const row = [name, TYPES.indexOf(entry.type), mode, uid, gid, size, mtime, mtimeNsec, entry.offset ?? 0] as const;
  return isPlain(entry) ? row : [...row, toRare(entry)];
}

/** Most entries: nothing rare about them. */
function isPlain({ type, devMajor, xattrs, linkGroup, holes, implied }: IndexedEntry): boolean {
  if (type !== "file" && type !== "directory") return false;
  return devMajor === undefined && xattrs === undefined && linkGroup === undefined && !holes && !implied;
}

function toRare(entry: IndexedEntry): Rare {
  return {
    ...(entry.linkName === undefined ? {} : { link: entry.linkName }),
    ...(entry.devMajor === undefined ? {} : { device: [entry.devMajor, entry.devMinor ?? 0] }),
    ...(entry.xattrs === undefined ? {} : { xattrs: [...entry.xattrs].map(([key, value]) => [key, base64(value)]) }),
    ...(entry.linkGroup === undefined ? {} : { group: entry.linkGroup }),
    ...(entry.holes ? { holes: true } : {}),
    ...(entry.implied ? { implied: true } : {}),
  };
}

function fromRow(directory: string, row: Row): IndexedEntry {
  const [name, typeNumber, mode, uid, gid, size, mtime, mtimeNsec, offset, rare] = row;
  const type = TYPES[typeNumber] as EntryType;
  const path = joinPath(directory, name);
  const common = { path, type, mode, uid, gid, size, mtime, mtimeNsec };
  const entry = type === "file" ? { ...common, offset } : common;
  return rare === undefined ? entry : { ...entry, ...fromRare(rare) };
}

function fromRare(rare: Rare): Partial<IndexedEntry> {
  return {
    ...(rare.link === undefined ? {} : { linkName: rare.link }),
    ...(rare.device === undefined ? {} : { devMajor: rare.device[0], devMinor: rare.device[1] }),
    ...(rare.xattrs === undefined
      ? {}
      : { xattrs: new Map(rare.xattrs.map(([key, value]) => [key, Buffer.from(value, "base64")])) }),
    ...(rare.group === undefined ? {} : { linkGroup: rare.group }),
    ...(rare.holes ? { holes: true } : {}),
    ...(rare.implied ? { implied: true } : {}),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
