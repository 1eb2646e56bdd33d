import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Digest, decodeName, encodeName } from "@tsbuild/oci";
import { writeWhole } from "../write-whole.ts";
import type { ContextFile } from "./scan.ts";

/** What is known about the bytes of a context's files, by their metadata. */
export interface StatCache {
  /** The digest of the file's bytes, where its size, times, inode and mode are what they were when it was read. */
  find(file: ContextFile): Digest | undefined;
  note(file: ContextFile, digest: Digest): void;
  /** Writes the cache to its file where something new was noted, without the files that are not in the context any more. */
  save(context: ReadonlyMap<string, unknown>): void;
}

interface Known {
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly inode: number;
  readonly mode: number;
  readonly digest: string;
}

/**
 * How long a file must have been left alone before its metadata are trusted, in milliseconds: a file written again within
 * the resolution of its file system's clock looks the same and is not.
 */
const SETTLED = 2000;

/** Opens the cache in `file`; a file that is missing, damaged or of another version is an empty cache. */
export function openStatCache(file: string): StatCache {
  const known = load(file);
  let changed = false;
  return {
    find(entry) {
      const found = known.get(entry.path);
      const same =
        found !== undefined &&
        found.size === entry.size &&
        found.mtime === entry.mtime &&
        found.ctime === entry.ctime &&
        found.inode === entry.inode &&
        found.mode === entry.mode;
      return same ? `sha256:${found.digest}` : undefined;
    },
    note(entry, digest) {
      const now = Date.now();
      if (now - entry.mtime < SETTLED || now - entry.ctime < SETTLED) return;
      const { size, mtime, ctime, inode, mode } = entry;
      known.set(entry.path, { size, mtime, ctime, inode, mode, digest: digest.slice(7) });
      changed = true;
    },
    save(context) {
      if (!changed) return;
      for (const path of known.keys()) if (!context.has(path)) known.delete(path);
      mkdirSync(dirname(file), { recursive: true });
      writeWhole(file, encode(known));
      changed = false;
    },
  };
}

/*
 * The file, little-endian: magic, number of entries, then a row of 68 bytes for each entry (size, mtime, ctime and inode
 * as doubles, mode of 4, digest of 32), then the paths, each ended by a zero byte.
 */
const MAGIC = "TSBSTAT2";
const HEADER = 12;
const ROW = 68;

function encode(known: ReadonlyMap<string, Known>): Uint8Array {
  const rows = Buffer.alloc(HEADER + known.size * ROW);
  rows.write(MAGIC, "latin1");
  rows.writeUInt32LE(known.size, 8);
  const paths: string[] = [];
  let at = HEADER;
  for (const [path, entry] of known) {
    rows.writeDoubleLE(entry.size, at);
    rows.writeDoubleLE(entry.mtime, at + 8);
    rows.writeDoubleLE(entry.ctime, at + 16);
    rows.writeDoubleLE(entry.inode, at + 24);
    rows.writeUInt32LE(entry.mode, at + 32);
    rows.write(entry.digest, at + 36, "hex");
    at += ROW;
    paths.push(`${path}\0`);
  }
  return Buffer.concat([rows, encodeName(paths.join(""))]);
}

function load(file: string): Map<string, Known> {
  try {
    return decode(readFileSync(file));
  } catch {
    return new Map();
  }
}

function decode(data: Buffer): Map<string, Known> {
  const known = new Map<string, Known>();
  if (data.toString("latin1", 0, 8) !== MAGIC) return known;
  const count = data.readUInt32LE(8);
  const paths = decodeName(data.subarray(HEADER + count * ROW)).split("\0");
  if (paths.length !== count + 1) return known;
  for (let index = 0, at = HEADER; index < count; index++, at += ROW) {
    known.set(paths[index] ?? "", {
      size: data.readDoubleLE(at),
      mtime: data.readDoubleLE(at + 8),
      ctime: data.readDoubleLE(at + 16),
      inode: data.readDoubleLE(at + 24),
      mode: data.readUInt32LE(at + 32),
      digest: data.toString("hex", at + 36, at + ROW),
    });
  }
  return known;
}
