/** Options of every call that can take long. */
export interface AbortOptions {
  /** Ends the call early: it then rejects with `signal.reason`, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** A stream of bytes. Leaving the loop early frees what is behind it. */
export type Bytes = AsyncIterable<Uint8Array>;
