import { TsbuildError } from "@tsbuild/oci";
import type { HostSettings, MirrorSettings, TlsSettings } from "../hosts.ts";
import { isLoopback } from "./redirect.ts";

/** One place that answers for a registry: the registry itself or a mirror of it. */
export interface Endpoint {
  /** Whose credentials are used: `docker.io`, or the host of the mirror. */
  readonly registry: string;
  /** The root of the API; its path ends in `/v2/`. */
  readonly base: URL;
  /** On a mirror, the registry that it stands for. */
  readonly mirrorOf?: string;
  /** What the repository is called here, where that is not its own name. */
  readonly repository?: string;
  /** On a mirror: whether it is asked for tags, for digests, or both. @default "both" */
  readonly answers?: "tags" | "digests" | "both";
  /** Try TLS and, where the host speaks none, plain HTTP. */
  readonly mayBePlain?: boolean;
}

/** The registry itself. Plain HTTP on this machine and where it is set so. */
export function registryEndpoint(registry: string, settings: HostSettings = {}): Endpoint {
  const known = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const host = settings.host ?? known;
  const secure = new URL(`https://${host}/v2/`);
  const plain = settings.plain ?? (isLoopback(secure.hostname) && settings.mayBePlain !== true && !hasTls(settings));
  return {
    registry: settings.host ?? registry,
    base: plain ? new URL(`http://${host}/v2/`) : secure,
    ...(settings.repository === undefined ? {} : { repository: settings.repository }),
    ...(settings.mayBePlain === true && !plain ? { mayBePlain: true } : {}),
  };
}

/**
 * A mirror, given by its URL with or without a path.
 * @throws TsbuildError MIRROR_INVALID
 */
export function mirrorEndpoint(mirror: MirrorSettings, registry: string): Endpoint {
  const { url, repository, abilities = ["pull", "resolve"], tagsOnly = false, overridePath = false } = mirror;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:") || parsed.username !== "") {
    throw new TsbuildError("MIRROR_INVALID", `not the URL of a mirror of ${registry}: ${JSON.stringify(url)}`, {
      hint: "write it as http://HOST:PORT or https://HOST, without a password",
    });
  }
  const path = parsed.pathname.replace(/\/+$/, "");
  const root = overridePath ? path : `${path.replace(/\/v2$/, "")}/v2`;
  return {
    registry: parsed.host,
    base: new URL(`${parsed.origin}${root}/`),
    mirrorOf: registry,
    answers: answersOf(abilities.includes("resolve"), tagsOnly),
    ...(repository === undefined ? {} : { repository }),
    ...(mirror.mayBePlain === true && parsed.protocol === "https:" ? { mayBePlain: true } : {}),
  };
}

/** A URL of the API; `path` is relative to `/v2/`. A mirror is told which registry is meant (`ns`), as containerd does. */
export function endpointUrl(endpoint: Endpoint, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(path, endpoint.base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (endpoint.mirrorOf !== undefined) url.searchParams.set("ns", endpoint.mirrorOf);
  return url;
}

/** Tells whether anything is set about TLS: then TLS is meant, also on this machine. */
export function hasTls({ ca = [], client = [], skipVerify = false }: TlsSettings): boolean {
  return ca.length > 0 || client.length > 0 || skipVerify;
}

function answersOf(resolves: boolean, tagsOnly: boolean): "tags" | "digests" | "both" {
  if (tagsOnly) return "tags";
  return resolves ? "both" : "digests";
}
