import type { Digest } from "./digest.ts";
import { invalid, splitReference } from "./reference-grammar.ts";

/** A full image name: `registry/repository[:tag][@digest]`, Docker's defaults filled in. */
export interface Reference {
  /** Host and port, `docker.io` where none was given. */
  readonly registry: string;
  /** Without the registry; `library/` filled in on docker.io. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_REGISTRY = "docker.io";
const LEGACY_REGISTRY = "index.docker.io";
const OFFICIAL = "library/";
const DEFAULT_TAG = "latest";

/**
 * Reads an image name as people type it: `debian` is `docker.io/library/debian`. No tag is filled in: see
 * {@link withDefaultTag}.
 * @throws TsbuildError REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) throw invalid(text, "64 hexadecimal digits are an image id, not a name");
  const { registry, rest } = splitRegistry(text);
  const { path, tag, digest } = splitReference(`${registry}/${rest}`);
  return {
    registry,
    repository: path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** The reference in full: `docker.io/library/debian:12`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffix(reference)}`;
}

/** The reference as people type it: without `docker.io/` and, for Docker's own images, `library/`. */
export function familiarName(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DEFAULT_REGISTRY) return formatReference(reference);
  const official = repository.startsWith(OFFICIAL) && !repository.includes("/", OFFICIAL.length);
  return (official ? repository.slice(OFFICIAL.length) : repository) + suffix(reference);
}

/** The same reference with tag `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  const named = reference.tag !== undefined || reference.digest !== undefined;
  return named ? reference : { ...reference, tag: DEFAULT_TAG };
}

// A first part is a registry where it can be no part of a repository on Docker Hub.
function splitRegistry(text: string): { registry: string; rest: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isRegistry = first === "localhost" || /[.:]/.test(first) || first.toLowerCase() !== first;
  const registry = !isRegistry || first === LEGACY_REGISTRY ? DEFAULT_REGISTRY : first;
  const rest = isRegistry ? text.slice(slash + 1) : text;
  return { registry, rest: registry === DEFAULT_REGISTRY && !rest.includes("/") ? OFFICIAL + rest : rest };
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
