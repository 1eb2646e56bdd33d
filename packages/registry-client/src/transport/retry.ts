import { setTimeout as sleep } from "node:timers/promises";
import type { AbortOptions } from "@tsbuild/oci";
import { RegistryError } from "../error.ts";

export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** The longest wait before the second attempt; doubled for each further one. */
  readonly backoffMs: number;
}

const MAX_BACKOFF_MS = 30_000;
/** A registry that wants to be left alone for longer than this gets an error instead of patience. */
export const MAX_RETRY_AFTER_MS = 60_000;

export interface RetryOptions extends AbortOptions {
  /** Which errors are worth another attempt. @default isTransient */
  readonly again?: (error: unknown) => boolean;
}

/** Runs `operation` until it succeeds, fails for good, or has used up its attempts. */
export async function retry<T>(
  operation: (attempt: number, lastError: unknown) => Promise<T>,
  policy: RetryPolicy,
  { signal, again = isTransient }: RetryOptions = {},
): Promise<T> {
  let last: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation(attempt, last);
    } catch (error) {
      last = error;
      signal?.throwIfAborted();
      if (attempt >= policy.attempts || !again(error)) throw error;
      await pause(backoff(attempt, error, policy), { signal });
    }
  }
}

const TRANSIENT_STATUS = new Set([408, 429, 499, 500, 502, 503, 504, 520, 521, 522]);

/** Tells whether an answer of this status is worth asking for again. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUS.has(status);
}

/** Tells whether the same request may well succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  if (error.code === "REGISTRY_UNREACHABLE") return error.status === 0;
  if (error.code === "CONTENT_MISSING") return false;
  if (error.code === "REQUEST_REJECTED" && error.status !== 408 && error.status !== 499) return false;
  return isTransientStatus(error.status) && (error.retryAfterMs ?? 0) <= MAX_RETRY_AFTER_MS;
}

/** Waits; rejects with the reason of `signal`, unchanged, when that is aborted. */
export async function pause(ms: number, { signal }: AbortOptions = {}): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** How long to wait after a failed attempt. Full jitter, so that many clients that failed together do not come back together. */
export function backoff(attempt: number, error: unknown, { backoffMs }: RetryPolicy): number {
  if (error instanceof RegistryError && error.retryAfterMs !== undefined) return error.retryAfterMs;
  return Math.random() * Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** (attempt - 1));
}
