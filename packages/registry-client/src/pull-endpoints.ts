import { TsbuildError } from "@tsbuild/oci";
import { RegistryError } from "./error.ts";
import type { Endpoint } from "./transport/endpoint.ts";

/** The places that pulls of one registry are tried at: its mirrors in order, then the registry itself. */
export interface PullEndpoints {
  /** The answer of the first place that has one. The error is the registry's own, with what the mirrors said as hint. */
  ask<T>(question: (endpoint: Endpoint) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Leaves a mirror alone for a while that gave wrong content. */
  distrust(endpoint: Endpoint): void;
}

/** An unreachable mirror is not tried again for each of a hundred blobs. */
const DEAD_MS = 30_000;

/** Errors that say something about what was asked for, and nothing against the mirror. */
const HEALTHY = new Set(["NOT_FOUND", "REQUEST_REJECTED"]);

export function createPullEndpoints(registry: Endpoint, mirrors: readonly Endpoint[]): PullEndpoints {
  const deadUntil = new Map<Endpoint, number>();
  const distrust = (endpoint: Endpoint) => {
    deadUntil.set(endpoint, performance.now() + DEAD_MS);
  };
  return {
    distrust,
    async ask(question, signal) {
      const notes: string[] = [];
      for (const mirror of mirrors) {
        if ((deadUntil.get(mirror) ?? 0) > performance.now()) continue;
        try {
          return await question(mirror);
        } catch (error) {
          signal?.throwIfAborted();
          if (!(error instanceof RegistryError && HEALTHY.has(error.code))) distrust(mirror);
          notes.push(`the mirror ${mirror.base.host} failed first: ${reasonOf(error)}`);
        }
      }
      try {
        return await question(registry);
      } catch (error) {
        throw withNotes(error, notes);
      }
    },
  };
}

/** The status, or the last part of the message: the parts before say what was asked for, which the reader knows. */
function reasonOf(error: unknown): string {
  if (error instanceof RegistryError && error.status !== 0) return `${error.status} ${error.code}`;
  const message = TsbuildError.is(error) ? error.message : String(error);
  return message.slice(message.lastIndexOf(": ") + 1).trim();
}

function withNotes(error: unknown, notes: readonly string[]): unknown {
  if (!(error instanceof RegistryError) || notes.length === 0) return error;
  return new RegistryError(error.code, error.message, {
    method: error.method,
    url: new URL(error.url),
    status: error.status,
    details: error.details,
    retryAfterMs: error.retryAfterMs,
    cause: error.cause,
    hint: [...notes, ...(error.hint === undefined ? [] : [error.hint])].join("; "),
  });
}
