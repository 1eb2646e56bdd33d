import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AbortOptions, readAll } from "../bytes.ts";
import { TsbuildError } from "../error.ts";
import { errorCode } from "../file.ts";
import { sniffCompression, unpackTo } from "../layer/decompress.ts";
import { streamFile, streamRange } from "../layer/stream-range.ts";
import type { FileRange } from "../layer/tree.ts";
import { JSON_LIMIT } from "../shape.ts";
import { scanTarFile } from "../tar/scan.ts";

/** Links that lead to links further than this lead nowhere. */
const LINK_LIMIT = 16;

/** The files in a tar, read by offset. */
export interface ArchiveFile {
  /** Where the content of a file lies; undefined where there is no such file. Links are followed within the archive. */
  find(name: string): FileRange | undefined;
  /** The content of a small file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Removes what was unpacked. */
  close(): void;
}

/** Options of {@link openArchiveFile}. */
export interface ArchiveFileOptions extends AbortOptions {
  /** Where a packed archive is unpacked to, until `close`. @default the system's folder for temporary files */
  readonly temporaryDirectory?: string;
}

/**
 * Opens a tar that may be packed with gzip or zstd. A plain one is read in place: only its headers are looked at.
 * @throws TsbuildError NOT_FOUND, TAR_INVALID, LAYER_INVALID (packed content is damaged), ZSTD_UNSUPPORTED
 */
export async function openArchiveFile(file: string, options: ArchiveFileOptions = {}): Promise<ArchiveFile> {
  const packed = sniffCompression(await firstBytes(file)) !== "none";
  const folder = packed ? mkdtempSync(join(options.temporaryDirectory ?? tmpdir(), "tsbuild-archive-")) : undefined;
  const close = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const plain = folder === undefined ? file : await unpack(file, join(folder, "archive.tar"), options);
    return { ...readerOf(scanMembers(plain)), close };
  } catch (error) {
    close();
    throw error;
  }
}

type Member = { readonly range: FileRange } | { readonly target: string };

function scanMembers(file: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  scanTarFile(file, ({ entry, stored, sparse }, offset) => {
    const { path, type, linkName = "" } = entry;
    if (type === "file" && sparse === undefined) members.set(path, { range: { file, offset, size: stored } });
    if (type === "hardlink") members.set(path, { target: linkName });
    if (type === "symlink") members.set(path, { target: join(dirname(path), linkName) });
  });
  return members;
}

function readerOf(members: ReadonlyMap<string, Member>): Omit<ArchiveFile, "close"> {
  const find = (name: string): FileRange | undefined => {
    let path = name.replace(/^(?:\.?\/)+/, "");
    for (let step = 0; step < LINK_LIMIT; step += 1) {
      const member = members.get(path);
      if (member === undefined) return undefined;
      if ("range" in member) return member.range;
      path = member.target;
    }
    return undefined;
  };
  return {
    find,
    async read(name) {
      const range = find(name);
      return range === undefined ? undefined : readAll(streamRange(range), { limit: JSON_LIMIT });
    },
  };
}

async function firstBytes(file: string): Promise<Uint8Array> {
  try {
    if (statSync(file).isDirectory()) throw notAnArchive(file, "it is a folder");
    for await (const chunk of streamRange({ file, offset: 0, size: Math.min(4, statSync(file).size) })) return chunk;
    throw notAnArchive(file, "it is empty");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw noFile(file, error);
  }
}

async function unpack(file: string, target: string, { signal }: AbortOptions): Promise<string> {
  const output = await open(target, "wx", 0o600);
  try {
    await unpackTo(streamFile(file, { signal }), (chunk) => output.writeFile(chunk), { signal });
  } finally {
    await output.close();
  }
  return target;
}

/** The error for a file that holds no images. */
export function notAnArchive(file: string, reason: string): TsbuildError<"ARCHIVE_INVALID"> {
  return new TsbuildError("ARCHIVE_INVALID", `${file} is no archive of images: ${reason}`, {
    hint: 'archives are made by "tsbuild save", "docker save" or "skopeo copy"',
  });
}

function noFile(file: string, cause: unknown): TsbuildError<"NOT_FOUND"> {
  return new TsbuildError("NOT_FOUND", `there is no file ${file}`, { cause });
}
