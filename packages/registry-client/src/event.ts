/** What a client tells while it works. */
export type ClientEvent =
  /** The registry asked to be left alone for a while (429, 503 with Retry-After), and it is. */
  | { readonly type: "registry.waiting"; readonly host: string; readonly ms: number; readonly status: number }
  /** A failed request is sent again. */
  | { readonly type: "registry.retrying"; readonly host: string; readonly attempt: number; readonly reason: string }
  /** What the registry wants people to know (`Warning: 299`); each text once. */
  | { readonly type: "registry.warning"; readonly host: string; readonly text: string };
