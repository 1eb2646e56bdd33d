import { spawn } from "node:child_process";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { Readable, Transform } from "node:stream";
import zlib from "node:zlib";
import { type Bytes, type Entry, type FileRange, readTar } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";

/** An entry of an archive and its bytes. */
export interface ArchiveEntry {
  readonly entry: Entry;
  readonly body: Bytes;
}

/**
 * Opens a file as an archive, whatever its name: a tar, plain or packed with gzip, bzip2, xz or zstd. Undefined: it is
 * none, and ADD copies it as it is.
 * @throws BuildError ARCHIVE_UNSUPPORTED where nothing here can unpack it
 */
export async function openArchiveFile(
  range: FileRange,
  name: string,
): Promise<AsyncIterable<ArchiveEntry> | undefined> {
  if (range.size < 2) return undefined;
  const packing = packingOf(firstBytes(range));
  const first = await firstEntry(openTar(range, packing, name), packing);
  return first === undefined ? undefined : openTar(range, packing, name);
}

type Packing = "none" | "gzip" | "bzip2" | "xz" | "zstd";

const MAGIC: readonly (readonly [Packing, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

function packingOf(start: Uint8Array): Packing {
  return MAGIC.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? "none";
}

function firstBytes(range: FileRange): Uint8Array {
  const bytes = Buffer.alloc(Math.min(8, range.size));
  const descriptor = openSync(range.file, "r");
  try {
    readSync(descriptor, bytes, 0, bytes.length, range.offset);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

/** The first entry, or undefined where the content is no tar: anything may start with the magic bytes of a packing. */
async function firstEntry(entries: AsyncIterable<ArchiveEntry>, packing: Packing): Promise<ArchiveEntry | undefined> {
  try {
    for await (const entry of entries) return entry;
  } catch (error) {
    if (error instanceof BuildError && packing !== "none") throw error;
  }
  return undefined;
}

async function* openTar(range: FileRange, packing: Packing, name: string): AsyncGenerator<ArchiveEntry> {
  const { file, offset, size } = range;
  const source = createReadStream(file, { start: offset, end: offset + size - 1, highWaterMark: 1 << 18 });
  const unpacked = unpack(source, packing, name);
  try {
    yield* readTar(unpacked);
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

function unpack(source: Readable, packing: Packing, name: string): Readable {
  if (packing === "none") return source;
  if (packing === "gzip") return joined(source, zlib.createGunzip());
  if (packing === "zstd") {
    const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
    if (createZstdDecompress !== undefined) return joined(source, createZstdDecompress());
  }
  return throughCommand(source, packing, name);
}

function joined(source: Readable, transform: Transform): Readable {
  source.on("error", (error) => transform.destroy(error));
  return source.pipe(transform);
}

/** Node has no decoder for these; the system's command does it where it is installed, as in Docker. */
function throughCommand(source: Readable, command: string, name: string): Readable {
  const child = spawn(command, ["-d", "-c", "-q"], { stdio: ["pipe", "pipe", "ignore"] });
  const fail = (cause: Error): void => {
    child.stdout.destroy(
      new BuildError("ARCHIVE_UNSUPPORTED", `cannot unpack ${name}: there is no ${command} command here`, {
        cause,
        hint: `Install ${command}, pack the archive with gzip, or use COPY to copy it as it is.`,
      }),
    );
  };
  child.on("error", fail);
  child.stdin.on("error", () => undefined);
  child.stdout.on("close", () => child.kill());
  source.pipe(child.stdin);
  return child.stdout;
}
