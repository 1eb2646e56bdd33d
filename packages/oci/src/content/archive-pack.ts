import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { type Pack, pack } from "tar-stream";
import type { AbortOptions, Bytes } from "../bytes.ts";

/** A file of an archive of images. */
export interface Member {
  readonly name: string;
  readonly size: number;
  readonly content: Bytes;
}

/**
 * A tar of these files, as bytes that are made when they are asked for. Times and owners are always the same.
 *
 * The names and sizes of such archives are plain ASCII and plain numbers, so that tar-stream can say them all.
 */
export async function* packMembers(
  members: AsyncIterable<Member>,
  { signal }: AbortOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const tar = pack();
  let failure: { readonly error: unknown } | undefined;
  const filled = fill(tar, members).catch((error: unknown) => {
    failure = { error };
    tar.destroy();
  });
  try {
    for await (const chunk of tar) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  } finally {
    tar.destroy();
    await filled;
  }
  if (failure !== undefined) throw failure.error;
}

/** Writes `chunks` to a file, which is replaced only when all is there; a pipe or device is written to directly. */
export async function writeFile(path: string, chunks: Bytes): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) return writeTo(await open(path, "w"), chunks);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeTo(await open(temporary, "wx", 0o644), chunks, { sync: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fill(tar: Pack, members: AsyncIterable<Member>): Promise<void> {
  for await (const member of members) await addMember(tar, member);
  tar.finalize();
}

async function addMember(tar: Pack, { name, size, content }: Member): Promise<void> {
  let tell: (error: Error | null | undefined) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    tell = (error) => (error ? reject(error) : resolve());
  });
  const entry: Writable | null = tar.entry({ name, size, mode: 0o644, mtime: new Date(0), type: "file" }, (error) =>
    tell(error),
  );
  // Nobody reads the archive any more.
  if (entry === null) return;
  for await (const chunk of content) {
    if (entry.destroyed) return;
    if (!entry.write(chunk)) await drained(entry);
  }
  entry.end();
  await finished;
}

// A stream that is closed takes nothing more, but nobody must wait for it either.
function drained(entry: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      entry.off("drain", done);
      entry.off("close", done);
      resolve();
    };
    entry.on("drain", done);
    entry.on("close", done);
  });
}

async function writeTo(file: FileHandle, chunks: Bytes, options: { readonly sync?: boolean } = {}): Promise<void> {
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    if (options.sync) await file.sync();
  } finally {
    await file.close();
  }
}
