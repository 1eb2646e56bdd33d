import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex, isDigest, type Layer } from "@tsbuild/oci";
import { writeWhole } from "../write-whole.ts";
import type { CacheKey } from "./cache-key.ts";
import type { Output } from "./op-runner.ts";

/** What the cache keeps for one key. */
export interface CacheRecord extends Output {
  readonly key: Digest;
  /** What went into the key. */
  readonly preimage: object;
  /** The step's name when the record was made: for people. */
  readonly description: string;
  /** What was being built. */
  readonly origin?: string | undefined;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A cache record on disk: what pruning weighs. */
export interface CacheEntry {
  readonly key: Digest;
  /** When it was last used: milliseconds since 1970. */
  readonly used: number;
  readonly layers: readonly Layer[];
}

/** Results by cache key, one JSON file each. Several processes may use one folder. */
export interface BuildCache {
  load(key: Digest): CacheRecord | undefined;
  save(key: CacheKey, about: Pick<CacheRecord, "description" | "origin">, output: Output): CacheRecord;
  /** Every record whole, in no order: to explain a miss, not to answer anything. */
  records(): readonly CacheRecord[];
  /** Every record, the longest unused first. */
  entries(): readonly CacheEntry[];
  remove(key: Digest): void;
}

const LIMIT = 64 * 1024 * 1024;

/** Opens the cache in `directory`, which is made where it is missing. */
export function openCache(directory: string): BuildCache {
  const folder = join(directory, "records");
  mkdirSync(folder, { recursive: true });
  const fileOf = (key: Digest): string => join(folder, `${digestHex(key)}.json`);
  return {
    load(key) {
      const record = readRecord(fileOf(key), key);
      if (record !== undefined) markUsed(fileOf(key));
      return record;
    },
    save(key, { description, origin }, output) {
      const { digest, preimage } = key;
      const record: CacheRecord = { key: digest, description, origin, created: Date.now(), ...output, preimage };
      writeWhole(fileOf(digest), JSON.stringify(record));
      return record;
    },
    records: () => readRecords(folder),
    entries() {
      const found = readRecords(folder).map(({ key, layers }) => ({ key, used: usedAt(fileOf(key)), layers }));
      return found.sort((a, b) => a.used - b.used);
    },
    remove: (key) => rmSync(fileOf(key), { force: true }),
  };
}

function readRecords(folder: string): readonly CacheRecord[] {
  return readdirSync(folder).flatMap((name) => {
    const key = `sha256:${name.slice(0, -5)}`;
    if (!name.endsWith(".json") || !isDigest(key)) return [];
    return readRecord(join(folder, name), key) ?? [];
  });
}

/** A damaged record is a miss: it is written anew after the step has run. */
function readRecord(file: string, key: Digest): CacheRecord | undefined {
  try {
    if (statSync(file).size > LIMIT) return undefined;
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(value) && value.key === key ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The time of the file is the time of its last use. A record in a folder that cannot be written is still good. */
function markUsed(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {}
}

function usedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function isRecord(value: unknown): value is CacheRecord {
  if (!isObject(value)) return false;
  const { key, preimage, description, origin, created, layers, notes } = value;
  return (
    isDigest(key) &&
    isObject(preimage) &&
    typeof description === "string" &&
    (origin === undefined || typeof origin === "string") &&
    typeof created === "number" &&
    Array.isArray(layers) &&
    layers.every(isLayer) &&
    (notes === undefined || (isObject(notes) && Object.values(notes).every((note) => typeof note === "string")))
  );
}

function isLayer(value: unknown): value is Layer {
  if (!isObject(value) || !isObject(value.descriptor)) return false;
  const { mediaType, digest, size } = value.descriptor;
  return typeof mediaType === "string" && isDigest(digest) && typeof size === "number" && isDigest(value.diffId);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
