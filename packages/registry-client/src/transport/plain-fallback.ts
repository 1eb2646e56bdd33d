import { RegistryError } from "../error.ts";
import type { RegistryRequest } from "./auth.ts";
import { speaksNoTls } from "./connection-error.ts";
import type { HttpResponse } from "./http.ts";

type SendAuthorized = (request: RegistryRequest) => Promise<HttpResponse>;

/**
 * Reaches hosts that may be plain: by TLS first and, where they turn out to speak none, by plain HTTP from then on.
 * Only hosts that were named as insecure are treated so.
 */
export function createPlainFallback(send: SendAuthorized): SendAuthorized {
  const plain = new Set<string>();
  return async (request) => {
    const { base, mayBePlain = false } = request.endpoint;
    if (!mayBePlain) return send(request);
    if (plain.has(base.host)) return send(madePlain(request));
    try {
      return await send(request);
    } catch (error) {
      if (!(error instanceof RegistryError && speaksNoTls(error))) throw error;
      plain.add(base.host);
      return send(madePlain(request));
    }
  };
}

function madePlain(request: RegistryRequest): RegistryRequest {
  const { endpoint, url } = request;
  const toPlain = (from: URL) => new URL(from.href.replace(/^https:/, "http:"));
  const base = toPlain(endpoint.base);
  return { ...request, endpoint: { ...endpoint, base }, url: url.host === base.host ? toPlain(url) : url };
}
