import type { PullEndpoints } from "./pull-endpoints.ts";
import type { Transfers } from "./transfers.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import { type Endpoint, endpointUrl } from "./transport/endpoint.ts";
import type { Method } from "./transport/http.ts";
import { repositoryScope } from "./transport/scope.ts";
import type { Transport } from "./transport/transport.ts";

/** What all repositories of one registry share. */
export interface RegistryContext {
  readonly transport: Transport;
  /** The registry itself, where all writing goes. */
  readonly endpoint: Endpoint;
  readonly pulls: PullEndpoints;
  readonly transfers: Transfers;
  /** What was learnt about the registry by trying. */
  readonly learnt: {
    /** It wants PATCH before PUT. */
    patchUploads: boolean;
    /** `from > to`: it would not mount between these. */
    readonly noMount: Set<string>;
    /** False: it does not heed ranges. */
    ranges?: boolean;
    /** It keeps lists of referrers; undefined: not known yet. */
    referrers?: boolean;
  };
}

/** One repository, as the functions on blobs, manifests and tags see it. */
export interface RepositoryContext extends RegistryContext {
  /** `registry/repository`: for people. */
  readonly name: string;
  /** Without the registry: for URLs. */
  readonly repository: string;
}

export interface RequestParts {
  readonly method: Method;
  /** Relative to the repository: `manifests/latest`. */
  readonly path: string;
  readonly purpose: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RegistryRequest["body"];
  /** @default the registry itself */
  readonly endpoint?: Endpoint;
  readonly signal?: AbortSignal | undefined;
}

/** A request about a repository, with the rights that its method needs. */
export function repositoryRequest(context: RepositoryContext, parts: RequestParts): RegistryRequest {
  const { endpoint = context.endpoint, path, query, body, headers, ...rest } = parts;
  const reading = parts.method === "GET" || parts.method === "HEAD";
  return {
    ...rest,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
    endpoint,
    url: endpointUrl(endpoint, `${endpoint.repository ?? context.repository}/${path}`, query),
    repository: context.repository,
    scopes: [
      repositoryScope(
        endpoint.repository ?? context.repository,
        ...(reading ? (["pull"] as const) : (["pull", "push"] as const)),
      ),
    ],
  };
}

/** Mirrors get one attempt: the registry itself stands behind them. */
export function attemptsAt(endpoint: Endpoint): { readonly attempts?: number } {
  return endpoint.mirrorOf === undefined ? {} : { attempts: 1 };
}
