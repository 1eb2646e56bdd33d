import type { CacheRecord } from "../solver/cache.ts";
import { differingParts, type KeyParts, keyParts, keyType, textOf } from "./key-parts.ts";

/** A key that no record has, and the step that it is of. */
export interface Missed {
  readonly preimage: object;
  /** The step's name: `[build 2/5] RUN npm ci`. */
  readonly name: string;
  /** What is being built, as in records. */
  readonly origin?: string | undefined;
}

export interface NearestRecord {
  readonly record: CacheRecord;
  readonly before: KeyParts;
  readonly after: KeyParts;
  /** Names of the parts that differ; none where the same parts come in another order. */
  readonly differing: readonly string[];
}

/**
 * The record that a step would have taken, had less changed: of the same instruction on top of something else, or of
 * another instruction at the same place on top of the same. What was built from another Dockerfile or context counts only
 * on top of the same. Of several the one with the fewest parts that differ, then
 * the newest. Undefined: nothing like the step was ever built.
 */
export function nearestRecord(records: Iterable<CacheRecord>, missed: Missed): NearestRecord | undefined {
  const type = keyType(missed.preimage);
  const after = keyParts(missed.preimage);
  let nearest: NearestRecord | undefined;
  for (const record of records) {
    if (keyType(record.preimage) !== type) continue;
    const before = keyParts(record.preimage);
    if (!isRelated(record, before, missed, after)) continue;
    const candidate = { record, before, after, differing: differingParts(before, after) };
    if (nearest === undefined || isNearer(candidate, nearest)) nearest = candidate;
  }
  return nearest;
}

function isNearer(candidate: NearestRecord, nearest: NearestRecord): boolean {
  const difference = candidate.differing.length - nearest.differing.length;
  return difference === 0 ? candidate.record.created > nearest.record.created : difference < 0;
}

function isRelated(record: CacheRecord, before: KeyParts, missed: Missed, after: KeyParts): boolean {
  const same = (name: string): boolean => textOf(before.get(name)) === textOf(after.get(name));
  if (!same("platform") && keyType(missed.preimage) !== "image") return false;
  const onSame = same("base") && typeof after.get("base") === "string";
  if (!onSame && record.origin !== missed.origin) return false;
  if (instructionOf(record.description) === instructionOf(missed.name)) return true;
  return same("base") && placeOf(record.description) === placeOf(missed.name);
}

/** The instruction, without its place in the stage and without the digest that an image's name stands for just now. */
function instructionOf(name: string): string {
  return name.replace(/^\[[^\]]*\] /, "").replace(/^(FROM [^@]+)@sha256:[0-9a-f]+$/, "$1");
}

/** The stage and the number of the step in it: `build 2/5` is `build 2`, as steps behind it may come and go. */
function placeOf(name: string): string {
  return (/^\[([^\]]*)\] /.exec(name)?.[1] ?? name).replace(/\/\d+$/, "");
}
