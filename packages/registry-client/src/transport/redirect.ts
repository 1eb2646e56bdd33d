import { BlockList, isIP } from "node:net";
import { RegistryError, redactUrl } from "../error.ts";
import type { HttpRequest, HttpResponse, Send } from "./http.ts";

const MAX_HOPS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What belongs to one origin and must not travel to another. */
const PRIVATE_HEADERS = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * Follows redirects, at most ten. Credentials stay behind where host, port or scheme changes; from https never to http;
 * from a public host never to a private address. A body is sent again on 307 and 308 only.
 */
export function followRedirects(send: Send): Send {
  return async (request) => {
    let current = request;
    for (let hop = 0; hop <= MAX_HOPS; hop++) {
      const response = await send(current);
      if (!REDIRECTS.has(response.status)) return response;
      await response.discard();
      current = redirected(current, response);
    }
    throw refusal(request, `more than ${MAX_HOPS} redirects`);
  };
}

function redirected(request: HttpRequest, { status, headers }: HttpResponse): HttpRequest {
  const location = headers.location;
  if (location === undefined) throw refusal(request, `a redirect (${status}) without Location`);
  const reading = request.method === "GET" || request.method === "HEAD";
  if (!reading && status < 307) throw refusal(request, `a ${request.method} was answered with ${status}`);
  const url = resolveLocation(request, location);
  if (url.origin === request.url.origin) return { ...request, url };
  return { ...request, url, headers: withoutPrivate(request.headers ?? {}) };
}

/** Resolves a URL that a registry gave (`Location`, `Link`) and checks that it may be asked. */
export function resolveLocation(request: HttpRequest, location: string): URL {
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  if (url === undefined) throw refusal(request, "the registry named a place that is not a URL");
  const reason = unsafeTarget(request.url, url);
  if (reason !== undefined) throw refusal(request, `${redactUrl(url)} ${reason}`);
  return url;
}

/** Why a URL that `from` sends us to is not to be asked; undefined: it may be. */
export function unsafeTarget(from: URL, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") return "is no HTTP address";
  if (to.username !== "" || to.password !== "") return "holds a password";
  if (from.protocol === "https:" && to.protocol === "http:") return "is plain HTTP";
  if (to.hostname === from.hostname) return undefined;
  if (LINK_LOCAL.test(to.hostname)) return "is a link-local address";
  if (isPrivateHost(to.hostname) && !isPrivateHost(from.hostname)) return "is a private address";
  return undefined;
}

const LINK_LOCAL = /^(?:169\.254\.|\[fe[89ab])/;

/** Tells whether `host` (as a URL spells it) is this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isPrivateHost(host: string): boolean {
  if (isLoopback(host)) return true;
  const address = host.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return family !== 0 && privateAddresses().check(address, family === 6 ? "ipv6" : "ipv4");
}

function privateAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet("0.0.0.0", 8);
  list.addSubnet("10.0.0.0", 8);
  list.addSubnet("100.64.0.0", 10);
  list.addSubnet("127.0.0.0", 8);
  list.addSubnet("169.254.0.0", 16);
  list.addSubnet("172.16.0.0", 12);
  list.addSubnet("192.168.0.0", 16);
  list.addSubnet("fc00::", 7, "ipv6");
  list.addSubnet("fe80::", 10, "ipv6");
  return list;
}

function withoutPrivate(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PRIVATE_HEADERS.has(name)));
}

function refusal(request: HttpRequest, reason: string): RegistryError {
  return new RegistryError("REDIRECT_REFUSED", `cannot ${request.purpose}: redirect not followed: ${reason}`, request);
}
