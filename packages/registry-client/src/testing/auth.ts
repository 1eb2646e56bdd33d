import { randomUUID } from "node:crypto";
import { readAll } from "@tsbuild/oci";
import { mergeScopes } from "../transport/scope.ts";
import { type Exchange, errorReply, jsonReply, type Reply } from "./exchange.ts";

/** How the registry wants to be signed in to. */
export type TestAuth =
  /** User names and passwords, sent with every request. */
  | { readonly type: "basic"; readonly users: Readonly<Record<string, string>> }
  /** A token server at `/token`. */
  | {
      readonly type: "token";
      readonly users?: Readonly<Record<string, string>>;
      /** Identity tokens, and whose they are. */
      readonly identityTokens?: Readonly<Record<string, string>>;
      /** Whether anybody may pull. @default false */
      readonly anonymousPull?: boolean;
      /** What the server says about the life of a token. @default 300 */
      readonly lifetimeSeconds?: number;
      /** After so many requests a token is refused, whatever was said about its life. @default never */
      readonly requestsPerToken?: number;
    };

export interface AuthGate {
  /** Undefined: the request may pass. */
  check(exchange: Exchange): Promise<Reply | undefined>;
}

/** The gate in front of all routes. */
export function createAuthGate(auth: TestAuth | undefined): AuthGate {
  if (auth === undefined) return { check: async () => undefined };
  return auth.type === "basic" ? basicGate(auth) : tokenGate(auth);
}

function basicGate({ users }: Extract<TestAuth, { type: "basic" }>): AuthGate {
  return {
    async check({ headers }) {
      if (userOf(headers.authorization, users) !== undefined) return undefined;
      return unauthorized('Basic realm="test registry", charset="UTF-8"');
    },
  };
}

interface Grant {
  readonly scopes: readonly string[];
  readonly expires: number;
  uses: number;
}

function tokenGate(auth: Extract<TestAuth, { type: "token" }>): AuthGate {
  const grants = new Map<string, Grant>();
  const grant = (scopes: readonly string[]) => {
    const token = randomUUID();
    const seconds = auth.lifetimeSeconds ?? 300;
    grants.set(token, { scopes, expires: performance.now() + seconds * 1000, uses: 0 });
    return jsonReply(200, { token, expires_in: seconds });
  };
  return {
    async check(exchange) {
      const { url, headers } = exchange;
      if (url.pathname === "/token") return answerTokenRequest(auth, exchange, grant);
      const wanted = wantedScopes(exchange);
      const held = grants.get(/^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "");
      if (held !== undefined && ++held.uses <= (auth.requestsPerToken ?? Number.POSITIVE_INFINITY)) {
        if (held.expires > performance.now() && covers(held.scopes, wanted)) return undefined;
      }
      const scope = wanted.length === 0 ? "" : `,scope="${wanted.join(" ")}"`;
      return unauthorized(`Bearer realm="${url.origin}/token",service="test registry"${scope}`);
    },
  };
}

async function answerTokenRequest(
  auth: Extract<TestAuth, { type: "token" }>,
  { method, url, headers, body }: Exchange,
  grant: (scopes: readonly string[]) => Reply,
): Promise<Reply> {
  if (method === "POST") {
    const form = new URLSearchParams(new TextDecoder().decode(await readAll(body, { limit: 64 * 1024 })));
    if (auth.identityTokens?.[form.get("refresh_token") ?? ""] === undefined) return unauthorized();
    return grant(mergeScopes((form.get("scope") ?? "").split(" ").filter(Boolean)));
  }
  const scopes = mergeScopes(url.searchParams.getAll("scope").flatMap((scope) => scope.split(" ")));
  if (headers.authorization !== undefined) {
    return userOf(headers.authorization, auth.users ?? {}) === undefined ? unauthorized() : grant(scopes);
  }
  return grant(auth.anonymousPull === true ? scopes.filter((scope) => /:pull$/.test(scope)) : []);
}

/** The rights that a request needs. */
function wantedScopes({ method, url }: Exchange): string[] {
  const name = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1];
  if (name === undefined) return [];
  const reading = method === "GET" || method === "HEAD";
  const from = url.searchParams.get("from");
  const own = `repository:${name}:${reading ? "pull" : "pull,push"}`;
  return from === null ? [own] : mergeScopes([own, `repository:${from}:pull`]);
}

function covers(held: readonly string[], wanted: readonly string[]): boolean {
  const merged = mergeScopes(held);
  return mergeScopes(merged, wanted).join(" ") === merged.join(" ");
}

function userOf(authorization: string | undefined, users: Readonly<Record<string, string>>): string | undefined {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const [user = "", ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return Object.hasOwn(users, user) && users[user] === password.join(":") ? user : undefined;
}

function unauthorized(challenge?: string): Reply {
  const reply = errorReply(401, "UNAUTHORIZED", "authentication required");
  return challenge === undefined ? reply : { ...reply, headers: { ...reply.headers, "www-authenticate": challenge } };
}
