import { TsbuildError } from "@tsbuild/oci";
import { isLoopback } from "./redirect.ts";

/** One place that answers for a registry: the registry itself or a mirror of it. */
export interface Endpoint {
  /** Whose credentials are used: `docker.io`, or the host of the mirror. */
  readonly registry: string;
  /** The root of the API; its path ends in `/v2/`. */
  readonly base: URL;
  /** On a mirror, the registry that it stands for. */
  readonly mirrorOf?: string;
}

/** The registry itself. Plain HTTP on this machine and for the hosts of `insecure`. */
export function registryEndpoint(registry: string, insecure: readonly string[]): Endpoint {
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const secure = new URL(`https://${host}/v2/`);
  const plain = isLoopback(secure.hostname) || insecure.includes(registry);
  return { registry, base: plain ? new URL(`http://${host}/v2/`) : secure };
}

/**
 * A mirror, given by its URL with or without a path.
 * @throws TsbuildError MIRROR_INVALID
 */
export function mirrorEndpoint(url: string, registry: string): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:") || parsed.username !== "") {
    throw new TsbuildError("MIRROR_INVALID", `not the URL of a mirror of ${registry}: ${JSON.stringify(url)}`, {
      hint: "write it as http://HOST:PORT or https://HOST, without a password",
    });
  }
  const path = parsed.pathname.replace(/\/+$/, "").replace(/\/v2$/, "");
  return { registry: parsed.host, base: new URL(`${parsed.origin}${path}/v2/`), mirrorOf: registry };
}

/** A URL of the API; `path` is relative to `/v2/`. A mirror is told which registry is meant (`ns`), as containerd does. */
export function endpointUrl(endpoint: Endpoint, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(path, endpoint.base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (endpoint.mirrorOf !== undefined) url.searchParams.set("ns", endpoint.mirrorOf);
  return url;
}
