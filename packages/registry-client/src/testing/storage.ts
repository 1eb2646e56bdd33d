import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bytes } from "@tsbuild/oci";

/** Bytes by key (`blobs/sha256/...`): what the registry stands on. */
export interface RegistryStorage {
  /** Undefined: there is nothing of that key. */
  size(key: string): Promise<number | undefined>;
  /** From `start` up to and without `end`. */
  read(key: string, range?: { readonly start: number; readonly end: number }): Bytes;
  /** Adds to the end, beginning with nothing, and returns the new size. */
  append(key: string, content: Bytes): Promise<number>;
  /** Sets a key in one step: no reader ever meets half of it, or nothing. */
  write(key: string, content: Uint8Array): Promise<void>;
  /** Replaces what is at `to`. */
  move(from: string, to: string): Promise<void>;
  /** False: there was nothing. */
  remove(key: string): Promise<boolean>;
  /** The rest of each key that begins with `prefix`. */
  list(prefix: string): Promise<readonly string[]>;
}

export function createMemoryStorage(): RegistryStorage {
  const contents = new Map<string, Uint8Array>();
  return {
    size: async (key) => contents.get(key)?.byteLength,
    async *read(key, range) {
      const content = contents.get(key) ?? new Uint8Array();
      yield range === undefined ? content : content.subarray(range.start, range.end);
    },
    async append(key, content) {
      const chunks = [contents.get(key) ?? new Uint8Array()];
      try {
        for await (const chunk of content) chunks.push(chunk);
      } finally {
        contents.set(key, Buffer.concat(chunks));
      }
      return contents.get(key)?.byteLength ?? 0;
    },
    async write(key, content) {
      contents.set(key, content);
    },
    async move(from, to) {
      contents.set(to, contents.get(from) ?? new Uint8Array());
      contents.delete(from);
    },
    remove: async (key) => contents.delete(key),
    list: async (prefix) =>
      [...contents.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  };
}

/** Keys as files below `directory`. Keys come from the routes, which let no `..` through. */
export function createFolderStorage(directory: string): RegistryStorage {
  const path = (key: string) => join(directory, key);
  return {
    size: (key) =>
      stat(path(key)).then(
        ({ size }) => size,
        () => undefined,
      ),
    async *read(key, range) {
      if (range === undefined) yield* createReadStream(path(key));
      else if (range.end > range.start) {
        yield* createReadStream(path(key), { start: range.start, end: range.end - 1 });
      }
    },
    async append(key, content) {
      await mkdir(dirname(path(key)), { recursive: true });
      const file = await open(path(key), "a");
      try {
        for await (const chunk of content) await file.write(chunk);
        return (await file.stat()).size;
      } finally {
        await file.close();
      }
    },
    async write(key, content) {
      const temporary = path(`uploads/${randomUUID()}`);
      await mkdir(dirname(temporary), { recursive: true });
      await mkdir(dirname(path(key)), { recursive: true });
      await writeFile(temporary, content, { flag: "wx" });
      await rename(temporary, path(key));
    },
    async move(from, to) {
      await mkdir(dirname(path(to)), { recursive: true });
      await rename(path(from), path(to));
    },
    remove: (key) =>
      rm(path(key)).then(
        () => true,
        () => false,
      ),
    async list(prefix) {
      const entries = await readdir(path(prefix), { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path(prefix).length));
    },
  };
}
