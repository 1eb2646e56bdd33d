import { type BatchHost, runBatch } from "../native/batch.ts";
import type { Address, ScriptBuilder, Slot } from "../native/script.ts";

/** Extended attributes by full name. */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

interface Reading {
  readonly slot: Slot;
  readonly buffer: Address;
}

const NAMES_SIZE = 256;
const VALUE_SIZE = 1024;
const LARGE = 64 * 1024;
const BATCH = 4096;
const ERANGE = -34;

/** Overlay's own. */
const OVERLAY_XATTR = /^(?:user|trusted)\.overlay\./;
/** Attributes that belong to the machine, not to the image. */
const HOST_XATTR = /^(?:security\.(?:selinux|ima|evm)|system\.|trusted\.(?!overlay\.))/;

/** Those of the image, without overlay's. */
export function imageXattrs(xattrs: Xattrs | undefined): Xattrs {
  return new Map([...(xattrs ?? [])].filter(([name]) => !OVERLAY_XATTR.test(name)));
}

/**
 * The extended attributes of those of `paths` in `folder` that have any, by path; symlinks are not followed. What belongs
 * to the machine is left out. Files that cannot have attributes have none.
 */
export function readXattrs(host: BatchHost, folder: string, paths: readonly string[]): ReadonlyMap<string, Xattrs> {
  const wanted: WantedXattr[] = [];
  const fileOf = (path: string): string => (path === "" ? folder : `${folder}/${path}`);
  for (let start = 0; start < paths.length; start += BATCH) {
    const some = paths.slice(start, start + BATCH);
    for (const [index, names] of listNames(host, some.map(fileOf), NAMES_SIZE).entries()) {
      const path = some[index] as string;
      for (const name of names) if (!HOST_XATTR.test(name)) wanted.push({ path, file: fileOf(path), name });
    }
  }
  const found = new Map<string, Map<string, Uint8Array>>();
  for (let start = 0; start < wanted.length; start += BATCH) {
    const some = wanted.slice(start, start + BATCH);
    for (const [index, value] of readValues(host, some, VALUE_SIZE).entries()) {
      if (!value) continue;
      const { path, name } = some[index] as WantedXattr;
      const xattrs = found.get(path) ?? new Map<string, Uint8Array>();
      found.set(path, xattrs.set(name, value));
    }
  }
  return found;
}

interface WantedXattr {
  readonly path: string;
  readonly file: string;
  readonly name: string;
}

/** Reads into buffers of `size`, and those that need it once more into large ones. */
function listNames(host: BatchHost, files: readonly string[], size: number): readonly (readonly string[])[] {
  return readAll(host, files, size, (script, file, { buffer, slot }) => {
    script.call("llistxattr", [file, buffer, size], { result: slot, onError: "continue" });
  }).map((bytes) => (bytes?.toString("latin1") ?? "").split("\0").filter((name) => name !== ""));
}

function readValues(host: BatchHost, wanted: readonly WantedXattr[], size: number): readonly (Buffer | undefined)[] {
  return readAll(host, wanted, size, (script, { file, name }, { buffer, slot }) => {
    script.call("lgetxattr", [file, name, buffer, size], { result: slot, onError: "continue" });
  });
}

function readAll<T>(
  host: BatchHost,
  subjects: readonly T[],
  size: number,
  read: (script: ScriptBuilder, subject: T, reading: Reading) => void,
): (Buffer | undefined)[] {
  if (subjects.length === 0) return [];
  const stride = size + 8;
  let readings: readonly Reading[] = [];
  const result = runBatch(host, (script) => {
    const results = script.data(Buffer.alloc(stride * subjects.length));
    readings = subjects.map((subject, index) => {
      const offset = results.offset + index * stride;
      const reading = { slot: { address: { offset } }, buffer: { offset: offset + 8 } };
      read(script, subject, reading);
      return reading;
    });
    return { results, size: stride * subjects.length };
  });
  const values = readings.map(({ slot, buffer }) => {
    const length = result.value(slot);
    return length === ERANGE ? "too large" : length < 0 ? undefined : result.bytes(buffer, length);
  });
  return values.map((value, index) => {
    if (value !== "too large") return value;
    return size === LARGE ? undefined : readLarge(host, subjects[index] as T, read);
  });
}

function readLarge<T>(
  host: BatchHost,
  subject: T,
  read: (script: ScriptBuilder, subject: T, reading: Reading) => void,
): Buffer | undefined {
  return readAll(host, [subject], LARGE, read)[0];
}
