import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { AbortOptions } from "./bytes.ts";
import { errorCode } from "./file.ts";
import { processMark, processState } from "./process-mark.ts";

/** After this long a lock whose holder cannot be looked up (it runs in another container) counts as left behind. */
const STALE_MS = 60_000;
const LONGEST_WAIT_MS = 40;

/**
 * Runs `fn` while holding the lock file `path`: one holder at a time, in all processes. The lock is for moments, not
 * for minutes. A lock left behind by a process that has ended is broken.
 */
export async function withFileLock<T>(path: string, fn: () => T | Promise<T>, options: AbortOptions = {}): Promise<T> {
  const mark = `${processMark()} ${randomBytes(8).toString("hex")}`;
  await acquire(path, mark, options.signal);
  try {
    return await fn();
  } finally {
    release(path, mark);
  }
}

async function acquire(path: string, mark: string, signal: AbortSignal | undefined): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    if (take(path, mark)) return;
    if (isStale(path)) breakStale(path, mark);
    else await wait(Math.min(attempt * 2, LONGEST_WAIT_MS) * (0.5 + Math.random()), signal);
  }
}

// A file is written under another name first, so that a lock is never seen without its holder's mark.
function take(path: string, mark: string): boolean {
  const draft = `${path}.${mark.slice(mark.indexOf(" ") + 1)}`;
  writeFileSync(draft, mark, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function release(path: string, mark: string): void {
  if (holder(path)?.mark === mark) unlinkSync(path);
}

// Two that see the same stale lock must not both remove it: the second could remove the first one's fresh lock. Hence
// a lock for breaking, under which the stale one is looked at again.
function breakStale(path: string, mark: string): void {
  const breaking = `${path}.break`;
  if (!take(breaking, mark)) {
    if (isStale(breaking)) removeIfThere(breaking);
    return;
  }
  try {
    if (isStale(path)) removeIfThere(path);
  } finally {
    release(breaking, mark);
  }
}

function isStale(path: string): boolean {
  const found = holder(path);
  if (found === undefined) return false;
  const state = processState(found.mark.slice(0, found.mark.indexOf(" ")));
  return state === "dead" || (state === "elsewhere" && Date.now() - found.since > STALE_MS);
}

function holder(path: string): { mark: string; since: number } | undefined {
  try {
    return { mark: readFileSync(path, "utf8"), since: statSync(path).mtimeMs };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
