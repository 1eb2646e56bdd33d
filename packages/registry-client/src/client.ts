import type { AbortOptions, Descriptor, ImageTarget } from "@tsbuild/oci";
import type { CredentialProvider } from "./credentials.ts";

export interface RegistryClientOptions {
  /** @default anonymous */
  readonly credentials?: CredentialProvider;
  /** Hosts reached by plain HTTP. localhost, 127.0.0.0/8 and ::1 always may be. */
  readonly insecure?: readonly string[];
  /**
   * Per registry host, the base URLs asked first for pulls, in order: `{"docker.io": ["http://127.0.0.1:5000"]}`.
   * The registry itself is asked last.
   */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  /** Certificates of private authorities, PEM. */
  readonly ca?: readonly string[];
  /** HTTP(S)_PROXY and NO_PROXY, as a plain record: libraries do not read the environment. */
  readonly proxy?: {
    readonly http?: string | undefined;
    readonly https?: string | undefined;
    readonly no?: string | undefined;
  };
  /** @default 5 attempts from 200 ms, doubled, with jitter */
  readonly retry?: { readonly attempts?: number; readonly backoffMs?: number };
  /** Transfers at a time for one host. @default 4 */
  readonly concurrency?: number;
  readonly userAgent?: string;
}

export interface RegistryClient extends AsyncDisposable {
  /** @param name `registry/repository` in any form that a reference takes; a tag or digest in it is ignored. */
  repository(name: string): Repository;
  /** Checks the credentials of `registry` against it. @throws RegistryError UNAUTHORIZED */
  ping(registry: string, options?: AbortOptions): Promise<void>;
  close(): Promise<void>;
}

/** A repository: an image source and target whose names are tags and digests. */
export interface Repository extends ImageTarget {
  /** `registry/repository`, defaults filled in. */
  readonly name: string;
  tags(options?: AbortOptions): AsyncIterable<string>;
  /** Makes a blob of the repository `from` (same registry) appear here. False: the registry would not. */
  mount(target: Descriptor, from: string, options?: AbortOptions): Promise<boolean>;
  delete(target: Descriptor, options?: AbortOptions): Promise<void>;
}
