import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type AbortOptions, type Bytes, sizeMismatch, verified } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { type Digest, digestAlgorithm, digestHex } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { errorCode, syncDirectory } from "../file.ts";
import { streamFile } from "../layer/stream-range.ts";
import { processMark, processState } from "../process-mark.ts";
import { notFound } from "./not-found.ts";
import type { FileStore } from "./store.ts";

/** Chunks from a network are small: written one by one, they would cost more than all else. */
const BATCH_BYTES = 1024 * 1024;

/** How old a temporary file of a process that cannot be looked up must be before it is swept. */
const FOREIGN_AGE_MS = 24 * 60 * 60 * 1000;

/** The files of a store that speaks OCI's image-layout: `blobs/<algorithm>/<hex>`. */
export interface BlobFiles extends FileStore {
  /** The temporary files of processes that have ended. */
  leftBehind(): readonly string[];
}

/**
 * Blobs as files below `root`, written by temporary file, hash, fsync and rename: never half a blob, whoever dies.
 * `temporaryPrefix` is what the paths of temporary files start with; its directory must exist.
 */
export function createBlobFiles(root: string, temporaryPrefix: string): BlobFiles {
  const mark = processMark();
  const blobPath = (digest: Digest): string => join(root, "blobs", digestAlgorithm(digest), digestHex(digest));
  const temporaryPath = (): string => `${temporaryPrefix}${mark}.${randomBytes(6).toString("hex")}`;
  return {
    blobPath,
    temporaryPath,
    has: (digest) => existsSync(blobPath(digest)),
    fetch: async (target, { signal } = {}) => readBlob(blobPath(target.digest), target, { root, signal }),
    exists: async (target) => isThere(blobPath(target.digest), target.size),
    async push(expected, content, options) {
      const path = blobPath(expected.digest);
      options?.signal?.throwIfAborted();
      if (isThere(path, expected.size)) return;
      const temporary = temporaryPath();
      try {
        await writeVerified(temporary, expected, await content(), options?.signal);
        await putInPlace(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async adopt(temporary, digest) {
      const handle = await open(temporary, "r+");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await putInPlace(temporary, blobPath(digest));
    },
    leftBehind: () => leftBehind(temporaryPrefix),
  };
}

function readBlob(path: string, target: Descriptor, { root, signal }: AbortOptions & { readonly root: string }): Bytes {
  const size = sizeOf(path);
  if (size === undefined) throw notFound(target.digest, root);
  if (size !== target.size) throw sizeMismatch(target, String(size));
  return verified(target, streamFile(path, { signal }));
}

// Who asks for a blob relies on it from now on: it counts as new, so that no collection of garbage takes it away.
function isThere(path: string, size: number): boolean {
  if (sizeOf(path) !== size) return false;
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(errorCode(error) ?? "")) return true;
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function writeVerified(path: string, expected: Descriptor, bytes: Bytes, signal?: AbortSignal): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  try {
    let batch: Uint8Array[] = [];
    let pending = 0;
    for await (const chunk of verified(expected, bytes)) {
      signal?.throwIfAborted();
      batch.push(chunk);
      pending += chunk.byteLength;
      if (pending < BATCH_BYTES) continue;
      await writeWhole(handle, batch);
      batch = [];
      pending = 0;
    }
    await writeWhole(handle, batch);
    await handle.sync();
  } catch (error) {
    throw errorCode(error) === "ENOSPC" ? noSpace(path, error) : error;
  } finally {
    await handle.close();
  }
}

async function writeWhole(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total === 0) return;
  let { bytesWritten: done } = await handle.writev(chunks);
  if (done === total) return;
  // A disk that is nearly full takes a part only: the rest says what is wrong.
  const rest = Buffer.concat(chunks);
  while (done < total) done += (await handle.write(rest, done)).bytesWritten;
}

async function putInPlace(temporary: string, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await rename(temporary, path);
  syncDirectory(dirname(path));
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function noSpace(path: string, cause: unknown): TsbuildError<"NO_SPACE"> {
  return new TsbuildError("NO_SPACE", `the file system of ${dirname(path)} is full`, {
    cause,
    hint: "free some space, for example by removing images that are no longer needed",
  });
}

function leftBehind(prefix: string): string[] {
  const directory = prefix.endsWith("/") ? prefix : dirname(prefix);
  const start = prefix.endsWith("/") ? "" : basename(prefix);
  return readdirSync(directory)
    .filter((name) => name.startsWith(start))
    .filter((name) => isLeftBehind(join(directory, name), name.slice(start.length, name.lastIndexOf("."))))
    .map((name) => join(directory, name));
}

function isLeftBehind(path: string, mark: string): boolean {
  const state = processState(mark);
  if (state !== "elsewhere") return state === "dead";
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > FOREIGN_AGE_MS;
}
