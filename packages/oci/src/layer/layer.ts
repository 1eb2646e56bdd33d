import type { Descriptor } from "../descriptor.ts";
import type { Digest } from "../digest.ts";

/** A layer: its packed form and the digest of its unpacked form. */
export interface Layer {
  /** The packed form: what a manifest lists. Where nothing is packed yet, the plain tar: `digest` is then `diffId`. */
  readonly descriptor: Descriptor;
  /** The digest of the plain tar. */
  readonly diffId: Digest;
}
