import type { Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";

/** Names content by type, digest and size: the currency between packages (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly urls?: readonly string[];
  /** The content itself, base64: small content only. */
  readonly data?: string;
}
