import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type Digest, digestHex, digestOf } from "@tsbuild/oci";
import { writeWhole } from "../write-whole.ts";
import { octalMode } from "./mode.ts";
import type { CopyAction, Selected } from "./select.ts";

/**
 * A file behind a content checksum: its path where it was copied from, its type, what counted of its mode (octal) and
 * owner, the first digits of its bytes' digest, and a digest of its link target, device numbers and extended attributes.
 */
export type ContentRow = readonly [
  path: string,
  type: string,
  mode: string,
  owner: string,
  content: string,
  other: string,
];

/** Larger selections are not listed: nobody reads which of so many files changed. */
const MOST_ROWS = 50_000;
/** Lists kept: the newest. */
const MOST_LISTS = 500;
const LONGEST = 64 * 1024 * 1024;

/**
 * Keeps the list of the files behind `checksum` below `directory`, to tell after a later miss which of them changed. Does
 * nothing where the list is there already, so that an unchanged context costs one look.
 */
export function keepContentList(
  directory: string,
  checksum: Digest,
  selected: readonly Selected[],
  action: CopyAction,
): void {
  const folder = join(directory, "content");
  const file = join(folder, digestHex(checksum));
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  const count = selected.reduce((sum, { entries }) => sum + entries.length, 0);
  if (count > MOST_ROWS) return;
  mkdirSync(folder, { recursive: true });
  writeWhole(file, deflateRawSync(JSON.stringify(rowsOf(selected, action)), { level: 1 }));
  dropOldest(folder);
}

/** The list of the files behind `checksum`; undefined where none is kept. */
export function readContentList(directory: string, checksum: Digest): readonly ContentRow[] | undefined {
  try {
    const packed = readFileSync(join(directory, "content", digestHex(checksum)));
    const rows: unknown = JSON.parse(inflateRawSync(packed, { maxOutputLength: LONGEST }).toString("utf8"));
    return Array.isArray(rows) && rows.every(isRow) ? rows : undefined;
  } catch {
    return undefined;
  }
}

function rowsOf(selected: readonly Selected[], action: CopyAction): readonly ContentRow[] {
  const modeKept = action.mode === undefined || octalMode(action.mode) === undefined;
  return selected.flatMap(({ source, entries }) => {
    const ownerKept = action.owner === undefined && !source.live;
    return entries.map(({ entry }): ContentRow => {
      const { path, type, mode, uid, gid, linkName, devMajor, devMinor, xattrs } = entry;
      const attributes = [...(xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value).toString("hex")]);
      const other = [linkName, devMajor, devMinor, ...attributes.sort()];
      const plain = other.every((value) => value === undefined);
      return [
        path,
        type,
        modeKept ? mode.toString(8) : "",
        ownerKept ? `${uid}:${gid}` : "",
        type === "file" ? source.digest(entry).slice(7, 23) : "",
        plain ? "" : digestOf(JSON.stringify(other)).slice(7, 23),
      ];
    });
  });
}

function dropOldest(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= MOST_LISTS + MOST_LISTS / 10) return;
  const timed = names.map((name) => ({ name, time: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs }));
  timed.sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  for (const { name } of timed.slice(MOST_LISTS)) rmSync(join(folder, name), { force: true });
}

function isRow(value: unknown): value is ContentRow {
  return Array.isArray(value) && value.length === 6 && value.every((member) => typeof member === "string");
}
