import type { AbortOptions } from "@tsbuild/oci";

/** How much one request of several at a time asks for: enough to forget its latency, little enough to keep in memory. */
export const SEGMENT_BYTES: number = 4 * 1024 * 1024;

/** More connections than this for one blob gain nothing that registries do not mind. */
export const MAX_WIDTH = 4;

/** A slower stream than this is held up by its one connection: a window over a long way, or a limit for each. */
const SLOW_BYTES_PER_SECOND = 40 * 1024 * 1024;
/** A server that answers sooner is near: what is slow then is the machine or the disk, which more connections do not help. */
const FAR_MS = 15;
/** What must have come before a stream is judged, and what must be left for a change to pay. */
const JUDGED_BYTES = 2 * SEGMENT_BYTES;

/** Watches a stream to tell whether several connections would be faster. */
export interface Pace {
  /** Notes how long an answer took to begin. */
  noteLatency(ms: number): void;
  /** Notes a chunk, and how long it was waited for. */
  note(bytes: number, waitedMs: number): void;
  isSlow(bytesLeft: number): boolean;
}

export function createPace(): Pace {
  let received = 0;
  let waited = 0;
  let latency = Number.POSITIVE_INFINITY;
  return {
    noteLatency(ms) {
      latency = Math.min(latency, ms);
    },
    note(bytes, waitedMs) {
      received += bytes;
      waited += waitedMs;
    },
    isSlow: (bytesLeft) =>
      latency >= FAR_MS &&
      received >= JUDGED_BYTES &&
      bytesLeft >= JUDGED_BYTES &&
      (received / waited) * 1000 < SLOW_BYTES_PER_SECOND,
  };
}

/** A range of a blob: from `start` up to and without `end`. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

export interface SegmentsOptions extends AbortOptions {
  /** How many at a time. */
  readonly width: number;
  /** Streams one of them. */
  readonly fetch: (segment: Segment, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Reads a range in segments, several at a time, and gives their bytes in order. At most `width` segments are in memory.
 * @throws Those of the first segment that failed; what was given until then is good.
 */
export async function* readSegments(
  { start, end }: Segment,
  { width, fetch, signal }: SegmentsOptions,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const underWay: Promise<readonly Uint8Array[]>[] = [];
  const load = async (segment: Segment): Promise<readonly Uint8Array[]> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await fetch(segment, both)) {
      both.throwIfAborted();
      chunks.push(chunk);
    }
    return chunks;
  };
  let next = start;
  try {
    while (next < end || underWay.length > 0) {
      while (underWay.length < width && next < end) {
        const segment = { start: next, end: Math.min(end, next + SEGMENT_BYTES) };
        const loading = load(segment);
        // Whoever waits for it meets the failure; until then it is not one that nobody handles.
        loading.catch(() => undefined);
        underWay.push(loading);
        next = segment.end;
      }
      yield* (await underWay.shift()) ?? [];
    }
  } finally {
    stop.abort();
  }
}
