import type { CredentialProvider, Credentials } from "../credentials.ts";
import { answerError } from "./answer.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HttpRequest, HttpResponse, Send } from "./http.ts";
import { mergeScopes } from "./scope.ts";
import { basicHeader, createTokenCache, type TokenRequest } from "./token.ts";

/** A request to a registry, and the rights that it needs there. */
export interface RegistryRequest extends HttpRequest {
  readonly endpoint: Endpoint;
  readonly scopes: readonly string[];
  /** Without the registry: some credentials are for a part of a registry. */
  readonly repository?: string;
}

export interface AuthOptions {
  /** For requests to the registry. */
  readonly send: Send;
  /** For requests to its token server. */
  readonly sendToken: Send;
  readonly credentials: CredentialProvider | undefined;
}

/**
 * Signs requests. What a registry asks for is learnt from its first 401 and then sent along from the start; after a 401
 * the token is renewed and the request sent once more, never twice. Nothing is sent to another origin than the
 * registry's own: an upload that goes to another host (its Location) carries no credentials.
 */
export function createAuth({
  send,
  sendToken,
  credentials,
}: AuthOptions): (r: RegistryRequest) => Promise<HttpResponse> {
  const tokens = createTokenCache(sendToken);
  const challenges = new Map<string, Challenge>();
  const granted = new Map<string, readonly string[]>();
  const found = new Map<string, Promise<Credentials | undefined>>();

  const credentialsFor = ({ endpoint, repository }: RegistryRequest) => {
    const { registry } = endpoint;
    const key = repository === undefined ? registry : `${registry}/${repository}`;
    const known = found.get(key) ?? credentials?.(registry, { repository }) ?? Promise.resolve(undefined);
    found.set(key, known);
    known.catch(() => found.delete(key));
    return known;
  };
  const sign = async (request: RegistryRequest, challenge: Challenge, refused?: string) => {
    const { endpoint } = request;
    const own = await untilAborted(credentialsFor(request), request.signal);
    if (challenge.scheme === "basic") return own !== undefined && "username" in own ? basicHeader(own) : undefined;
    if (own !== undefined && "registryToken" in own) return `Bearer ${own.registryToken}`;
    const scopes = granted.get(grantKey(request)) ?? mergeScopes(request.scopes);
    const wanted: TokenRequest = { endpoint, challenge, scopes, credentials: own };
    if (refused !== undefined) tokens.forget(wanted, refused.slice("Bearer ".length));
    return `Bearer ${await untilAborted(tokens.token(wanted), request.signal)}`;
  };

  return async (request) => {
    const { origin } = request.endpoint.base;
    if (request.url.origin !== origin) return send(request);
    const known = challenges.get(origin);
    const first = known === undefined ? undefined : await sign(request, known);
    const response = await send(signed(request, first));
    const challenge = challengeOf(response);
    const finish = async (last: HttpResponse) => {
      if (last.status !== 401) return last;
      const own = await credentialsFor(request);
      throw await answerError(request, last, own !== undefined);
    };
    if (challenge === undefined) return finish(response);
    challenges.set(origin, challenge);
    noteScopes(granted, request, challenge);
    const second = await sign(request, challenge, first);
    if (second === undefined || (second === first && challenge.scheme === "basic")) return finish(response);
    await response.discard();
    return finish(await send(signed(request, second)));
  };
}

/** Waits for work that several callers share, and that therefore must not end with the signal of one of them. */
async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  if (signal.aborted) {
    shared.catch(() => undefined);
    throw signal.reason;
  }
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The challenge that asks for another try: of a 401, or of a 403 for want of a scope. Bearer goes before Basic. */
function challengeOf({ status, headers }: HttpResponse): Challenge | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const challenges = parseChallenges(headers["www-authenticate"] ?? "");
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (status === 403) return bearer?.parameters.get("error") === "insufficient_scope" ? bearer : undefined;
  return bearer ?? challenges.find(({ scheme }) => scheme === "basic");
}

/** Remembers that the registry asks for more than we thought, so that the next request asks for it from the start. */
function noteScopes(granted: Map<string, readonly string[]>, request: RegistryRequest, challenge: Challenge): void {
  const asked = challenge.parameters.get("scope")?.split(" ").filter(Boolean) ?? [];
  const known = granted.get(grantKey(request)) ?? [];
  if (asked.length > 0) granted.set(grantKey(request), mergeScopes(request.scopes, known, asked));
}

function grantKey({ endpoint, scopes }: RegistryRequest): string {
  return JSON.stringify([endpoint.base.origin, scopes]);
}

function signed(request: RegistryRequest, authorization: string | undefined): RegistryRequest {
  return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } };
}
