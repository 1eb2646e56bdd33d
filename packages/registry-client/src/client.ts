import type { AbortOptions, Descriptor, ImageTarget, ReferrersOptions } from "@tsbuild/oci";
import type { CredentialProvider } from "./credentials.ts";
import type { ClientEvent } from "./event.ts";
import { type HostLookup, type HostSettings, mergeHostLookups } from "./hosts.ts";
import { listRepositories } from "./names.ts";
import { createRegistries } from "./registries.ts";
import { createRepository } from "./repository.ts";
import { expectStatus } from "./transport/answer.ts";
import { endpointUrl, mirrorEndpoint } from "./transport/endpoint.ts";
import { createTransport } from "./transport/transport.ts";

export interface RegistryClientOptions {
  /** @default anonymous */
  readonly credentials?: CredentialProvider;
  /** Hosts reached by plain HTTP. localhost, 127.0.0.0/8 and ::1 always may be. */
  readonly insecure?: readonly string[];
  /** Hosts of this machine reached by TLS nevertheless. */
  readonly secure?: readonly string[];
  /**
   * Settings by host: mirrors, authorities, client certificates, blocked registries. What the options above and below
   * say goes before it.
   */
  readonly hosts?: HostLookup;
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
  /** Connections at a time that carry content of one registry, ranges of one blob included. @default 8 */
  readonly concurrency?: number;
  /** @default "tsbuild" */
  readonly userAgent?: string;
  /** Told of what a person may want to know while it goes on: pauses that a registry asked for, warnings that it gives. */
  readonly onEvent?: (event: ClientEvent) => void;
}

/** A client for any number of registries. It holds connections and tokens: close it when done. */
export interface RegistryClient extends AsyncDisposable {
  /** @param name `registry/repository` in any form that a reference takes; a tag or digest in it is ignored. */
  repository(name: string): Repository;
  /** Checks the credentials of `registry` (`docker.io`, `localhost:5000`) against it. @throws RegistryError UNAUTHORIZED */
  ping(registry: string, options?: AbortOptions): Promise<void>;
  /** The repositories of `registry`, without its host, in alphabetical order within each page of its answer. */
  catalog(registry: string, options?: AbortOptions): AsyncIterable<string>;
  close(): Promise<void>;
}

/** A repository: an image source and target whose names are tags and digests. */
export interface Repository extends ImageTarget {
  /** `registry/repository`, defaults filled in. */
  readonly name: string;
  /** In alphabetical order within each page of the registry's answer. */
  tags(options?: AbortOptions): AsyncIterable<string>;
  /**
   * The manifests whose subject this is: by the registry's own list, or by the fallback tag where it keeps none.
   * Pushing a manifest with a subject brings it there.
   */
  referrers(subject: Descriptor, options?: ReferrersOptions): Promise<readonly Descriptor[]>;
  /** Makes a blob of `from` (`registry/repository`, same registry) appear here. False: the registry would not. */
  mount(target: Descriptor, from: string, options?: AbortOptions): Promise<boolean>;
  /** Deletes a manifest, with all tags that point to it and its place among the referrers, or a blob. */
  delete(target: Descriptor, options?: AbortOptions): Promise<void>;
}

/**
 * Makes a client. Nothing is connected or even loaded before the first call that needs the network.
 * @throws TsbuildError MIRROR_INVALID
 */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const { concurrency = 8, retry = {}, userAgent = "tsbuild" } = options;
  const transport = createTransport({
    credentials: options.credentials,
    ca: options.ca,
    proxy: options.proxy,
    userAgent,
    onEvent: options.onEvent,
    retry: { attempts: retry.attempts ?? 5, backoffMs: retry.backoffMs ?? 200 },
  });
  const registries = createRegistries({ transport, concurrency, hosts: hostLookup(options) });
  return {
    repository: (name) => createRepository(registries.repository(name)),
    async ping(registry, { signal } = {}) {
      const { endpoint } = registries.registry(registry);
      const url = endpointUrl(endpoint, "");
      const request = { method: "GET", url, purpose: `sign in to ${registry}`, endpoint, scopes: [], signal } as const;
      const response = await expectStatus(request, await transport.send(request), [200]);
      await response.discard();
    },
    catalog: (registry, catalogOptions) => listRepositories(registries.registry(registry), catalogOptions),
    close: transport.close,
    [Symbol.asyncDispose]: transport.close,
  };
}

/** The options that say something about hosts, as a lookup, before the one that was given. */
function hostLookup({ insecure = [], secure = [], mirrors = {}, hosts }: RegistryClientOptions): HostLookup {
  for (const [registry, urls] of Object.entries(mirrors)) for (const url of urls) mirrorEndpoint({ url }, registry);
  const own = (name: string): HostSettings => {
    const [registry = ""] = name.split("/", 1);
    return {
      ...(insecure.includes(registry) ? { plain: true } : {}),
      ...(secure.includes(registry) ? { plain: false } : {}),
      mirrors: (mirrors[registry] ?? []).map((url) => ({ url })),
    };
  };
  return hosts === undefined ? own : mergeHostLookups(own, hosts);
}
