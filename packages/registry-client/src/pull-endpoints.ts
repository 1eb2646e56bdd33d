import { isDigest, TsbuildError } from "@tsbuild/oci";
import { RegistryError } from "./error.ts";
import type { Endpoint } from "./transport/endpoint.ts";

/** The places that pulls of one registry are tried at: its mirrors in order, then the registry itself. */
export interface PullEndpoints {
  /**
   * The answer of the first place that has one. The error is that of the last place, with what the others said as hint.
   * @param name The tag or digest that the question is about: some mirrors are asked for one kind only.
   */
  ask<T>(
    question: (endpoint: Endpoint) => Promise<T>,
    options: { readonly name: string; readonly signal: AbortSignal | undefined },
  ): Promise<T>;
  /** Leaves a mirror alone for a while that gave wrong content. */
  distrust(endpoint: Endpoint): void;
}

/** Until when (`performance.now()`) mirrors are left alone, by the root of their API. */
export type DeadMirrors = Map<string, number>;

/** An unreachable mirror is not tried again for each of a hundred blobs. */
const DEAD_MS = 30_000;

/** Errors that say something about what was asked for, and nothing against the mirror. */
const HEALTHY = new Set(["NOT_FOUND", "REQUEST_REJECTED"]);

/** @param places Without `registry`, only its mirrors are asked. */
export function createPullEndpoints(
  places: { readonly mirrors: readonly Endpoint[]; readonly registry?: Endpoint },
  dead: DeadMirrors,
): PullEndpoints {
  const distrust = ({ base, mirrorOf }: Endpoint) => {
    if (mirrorOf !== undefined) dead.set(base.href, performance.now() + DEAD_MS);
  };
  const candidates = (name: string): Endpoint[] => {
    const kind = isDigest(name) ? "digests" : "tags";
    const suitable = places.mirrors.filter(({ answers = "both" }) => answers === "both" || answers === kind);
    const living = suitable.filter(({ base }) => (dead.get(base.href) ?? 0) <= performance.now());
    if (places.registry !== undefined) return [...living, places.registry];
    // There is nobody behind the mirrors: a dead one is better than none.
    return living.length > 0 ? living : suitable;
  };
  return {
    distrust,
    async ask(question, { name, signal }) {
      const notes: string[] = [];
      const asked = candidates(name);
      const last = asked.pop();
      if (last === undefined) throw nobodyToAsk(name);
      for (const mirror of asked) {
        try {
          return await question(mirror);
        } catch (error) {
          signal?.throwIfAborted();
          if (!(error instanceof RegistryError && HEALTHY.has(error.code))) distrust(mirror);
          notes.push(`the mirror ${mirror.base.host} failed first: ${reasonOf(error)}`);
        }
      }
      try {
        return await question(last);
      } catch (error) {
        throw withNotes(error, notes);
      }
    },
  };
}

function nobodyToAsk(name: string): TsbuildError {
  return new TsbuildError("NOT_FOUND", `no mirror is to be asked for ${name}, and the registry itself is not either`, {
    hint: 'look into the "mirrors" of the settings: some are for tags only, some for digests only',
  });
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
