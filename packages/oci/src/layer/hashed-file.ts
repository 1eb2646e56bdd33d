import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, digestAlgorithm } from "../digest.ts";

/** A new file that is hashed while it is written; its writer decides at the end whether it stays. */
export interface HashedFile {
  readonly path: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the file: nothing more is written. */
  finish(): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** Frees what is open and removes the file where it still lies at its path. */
  discard(): Promise<void>;
}

/** Options of {@link createHashedFile}. */
export interface HashedFileOptions {
  /** The digest whose algorithm to use. @default SHA-256 */
  readonly like?: Digest;
  /** False: hash only, write nothing. @default true */
  readonly keep?: boolean;
}

/** @param path The new file; it is made with the first bytes. */
export function createHashedFile(path: string, { like, keep = true }: HashedFileOptions = {}): HashedFile {
  const algorithm = like === undefined ? "sha256" : digestAlgorithm(like);
  const hash = createHash(algorithm);
  let handle: FileHandle | undefined;
  let size = 0;
  return {
    path,
    async write(chunk) {
      hash.update(chunk);
      size += chunk.length;
      if (!keep) return;
      handle ??= await open(path, "wx", 0o644);
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    },
    async finish() {
      if (keep) handle ??= await open(path, "wx", 0o644);
      await handle?.close();
      return { digest: `${algorithm}:${hash.digest("hex")}`, size };
    },
    async discard() {
      await handle?.close();
      rmSync(path, { force: true });
    },
  };
}
