import type { Credentials } from "../credentials.ts";
import { RegistryError } from "../error.ts";
import { answerError, expectStatus, invalidAnswer, isRecord, readJson } from "./answer.ts";
import type { Challenge } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HttpRequest, Send } from "./http.ts";
import { unsafeTarget } from "./redirect.ts";

/** What a token is asked for. */
export interface TokenRequest {
  readonly endpoint: Endpoint;
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
}

export interface TokenCache {
  /** A token for these scopes: one kept from before, or a new one. Callers that ask at the same time share one request. */
  token(request: TokenRequest): Promise<string>;
  /** Forgets a token that was refused. */
  forget(request: TokenRequest, token: string): void;
}

interface Token {
  readonly text: string;
  /** In the time of `performance.now()`, which no change of the clock moves. */
  readonly expires: number;
}

const DEFAULT_LIFETIME_S = 60;
const CLIENT_ID = "tsbuild";

/** Tokens of a registry's token server (distribution spec: token authentication), kept until nine tenths of their life are over. */
export function createTokenCache(send: Send): TokenCache {
  const tokens = new Map<string, Token>();
  const pending = new Map<string, Promise<Token>>();
  const renew = (key: string, request: TokenRequest) => {
    const fetching = fetchToken(send, request).finally(() => pending.delete(key));
    pending.set(key, fetching);
    return fetching;
  };
  return {
    async token(request) {
      const key = keyOf(request);
      const known = tokens.get(key);
      if (known !== undefined && known.expires > performance.now()) return known.text;
      const token = await (pending.get(key) ?? renew(key, request));
      tokens.set(key, token);
      return token.text;
    },
    forget(request, token) {
      const key = keyOf(request);
      if (tokens.get(key)?.text === token) tokens.delete(key);
    },
  };
}

function keyOf({ endpoint, challenge, scopes }: TokenRequest): string {
  const { parameters } = challenge;
  return JSON.stringify([endpoint.base.origin, parameters.get("realm"), parameters.get("service"), scopes]);
}

async function fetchToken(send: Send, request: TokenRequest): Promise<Token> {
  const since = performance.now();
  const ask = identityToken(request) === undefined ? plainRequest(request) : refreshRequest(request);
  const response = await send(ask);
  if (response.status === 401 || response.status === 403) throw await refusedByTokenServer(ask, request, response);
  const json = await readJson(ask, (await expectStatus(ask, response, [200])).body);
  const text = isRecord(json) ? (json.token ?? json.access_token) : undefined;
  if (!isRecord(json) || typeof text !== "string" || !/^[\x21-\x7e]+$/.test(text)) {
    throw invalidAnswer(ask, "it holds no token");
  }
  const seconds = typeof json.expires_in === "number" ? json.expires_in : DEFAULT_LIFETIME_S;
  return { text, expires: since + seconds * 900 };
}

async function refusedByTokenServer(
  ask: HttpRequest,
  { endpoint, credentials }: TokenRequest,
  response: Parameters<typeof answerError>[1],
): Promise<RegistryError> {
  const { registry, base } = endpoint;
  const cause = await answerError(ask, response);
  const who = credentials === undefined ? "does not let anybody in" : "does not accept the credentials";
  return new RegistryError("UNAUTHORIZED", `cannot ${ask.purpose}: ${ask.url.host} ${who} (${cause.status})`, {
    method: ask.method,
    url: base,
    status: cause.status,
    details: cause.details,
    hint: `sign in with "tsbuild login ${registry}"`,
    cause,
  });
}

/** The token request of old: GET, with user and password where there are any. */
function plainRequest(request: TokenRequest): HttpRequest {
  const { credentials, scopes, challenge } = request;
  const url = realmOf(request);
  const service = challenge.parameters.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials === undefined || !("username" in credentials)) return { ...common(request), method: "GET", url };
  url.searchParams.set("account", credentials.username);
  return { ...common(request), method: "GET", url, headers: { authorization: basicHeader(credentials) } };
}

/** OAuth2: an identity token, got at sign-in, is exchanged for an access token. */
function refreshRequest(request: TokenRequest): HttpRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: identityToken(request) ?? "",
    service: request.challenge.parameters.get("service") ?? "",
    client_id: CLIENT_ID,
    scope: request.scopes.join(" "),
  });
  const bytes = new TextEncoder().encode(form.toString());
  return {
    ...common(request),
    method: "POST",
    url: realmOf(request),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: {
      size: bytes.byteLength,
      async *open() {
        yield bytes;
      },
    },
  };
}

function common({ endpoint }: TokenRequest): { readonly purpose: string } {
  return { purpose: `get a token for ${endpoint.registry}` };
}

function identityToken({ credentials }: TokenRequest): string | undefined {
  return credentials !== undefined && "identityToken" in credentials ? credentials.identityToken : undefined;
}

/** The token server. A password goes there, so a registry may not name just any place. */
function realmOf(request: TokenRequest): URL {
  const { endpoint, challenge } = request;
  const realm = challenge.parameters.get("realm") ?? "";
  const about: HttpRequest = { ...common(request), method: "GET", url: endpoint.base };
  if (!URL.canParse(realm)) throw invalidAnswer(about, "its challenge names no token server");
  const url = new URL(realm);
  const reason = unsafeTarget(endpoint.base, url);
  if (reason === undefined) return url;
  throw new RegistryError("REDIRECT_REFUSED", `cannot ${about.purpose}: its token server ${url.host} ${reason}`, about);
}

/** User and password as a header (RFC 7617). */
export function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
