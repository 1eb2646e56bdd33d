import { type AbortOptions, type Descriptor, type ImageTarget, parseReference } from "@tsbuild/oci";
import type { RegistryContext } from "./context.ts";
import type { CredentialProvider } from "./credentials.ts";
import { createPullEndpoints } from "./pull-endpoints.ts";
import { createRepository } from "./repository.ts";
import { createTransfers } from "./transfers.ts";
import { expectStatus } from "./transport/answer.ts";
import { endpointUrl, mirrorEndpoint, registryEndpoint } from "./transport/endpoint.ts";
import { createTransport } from "./transport/transport.ts";

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
  /** @default "tsbuild" */
  readonly userAgent?: string;
}

/** A client for any number of registries. It holds connections and tokens: close it when done. */
export interface RegistryClient extends AsyncDisposable {
  /** @param name `registry/repository` in any form that a reference takes; a tag or digest in it is ignored. */
  repository(name: string): Repository;
  /** Checks the credentials of `registry` (`docker.io`, `localhost:5000`) against it. @throws RegistryError UNAUTHORIZED */
  ping(registry: string, options?: AbortOptions): Promise<void>;
  close(): Promise<void>;
}

/** A repository: an image source and target whose names are tags and digests. */
export interface Repository extends ImageTarget {
  /** `registry/repository`, defaults filled in. */
  readonly name: string;
  /** In alphabetical order within each page of the registry's answer. */
  tags(options?: AbortOptions): AsyncIterable<string>;
  /** Makes a blob of `from` (`registry/repository`, same registry) appear here. False: the registry would not. */
  mount(target: Descriptor, from: string, options?: AbortOptions): Promise<boolean>;
  /** Deletes a manifest, with all tags that point to it, or a blob. */
  delete(target: Descriptor, options?: AbortOptions): Promise<void>;
}

/**
 * Makes a client. Nothing is connected or even loaded before the first call that needs the network.
 * @throws TsbuildError MIRROR_INVALID
 */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const { insecure = [], mirrors = {}, concurrency = 4, retry = {}, userAgent = "tsbuild" } = options;
  const transport = createTransport({
    credentials: options.credentials,
    ca: options.ca,
    proxy: options.proxy,
    userAgent,
    retry: { attempts: retry.attempts ?? 5, backoffMs: retry.backoffMs ?? 200 },
  });
  const mirrorsOf = new Map(
    Object.entries(mirrors).map(([registry, urls]) => [registry, urls.map((url) => mirrorEndpoint(url, registry))]),
  );
  const registries = new Map<string, RegistryContext>();
  const contextOf = (registry: string): RegistryContext => {
    const endpoint = registryEndpoint(registry, insecure);
    const context = registries.get(registry) ?? {
      transport,
      endpoint,
      pulls: createPullEndpoints(endpoint, mirrorsOf.get(registry) ?? []),
      transfers: createTransfers(concurrency),
      learnt: { patchUploads: false, noMount: new Set<string>() },
    };
    registries.set(registry, context);
    return context;
  };
  return {
    repository(name) {
      const reference = parseReference(name);
      return createRepository(contextOf(reference.registry), reference);
    },
    async ping(registry, { signal } = {}) {
      const { endpoint } = contextOf(registry);
      const url = endpointUrl(endpoint, "");
      const request = { method: "GET", url, purpose: `sign in to ${registry}`, endpoint, scopes: [], signal } as const;
      const response = await expectStatus(request, await transport.send(request), [200]);
      await response.discard();
    },
    close: transport.close,
    [Symbol.asyncDispose]: transport.close,
  };
}
