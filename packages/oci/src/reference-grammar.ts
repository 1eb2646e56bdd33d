import { type Digest, isDigest } from "./digest.ts";
import { TsbuildError } from "./error.ts";

/** The parts of a reference as they are written: nothing is filled in. */
export interface ReferenceParts {
  /** Empty where the name has no host part. */
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The longest path (name without host) that registries take. */
const PATH_LIMIT = 255;

const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/**
 * Splits `[domain/]path[:tag][@digest]` (the grammar of the distribution project) in time linear to its length.
 * @throws TsbuildError REFERENCE_INVALID
 */
export function splitReference(text: string): ReferenceParts {
  const [beforeDigest, digest] = cut(text, text.indexOf("@"));
  const colon = beforeDigest.lastIndexOf(":");
  const [name, tag] = cut(beforeDigest, colon > beforeDigest.lastIndexOf("/") ? colon : -1);
  const { domain, path } = splitName(name, text);
  if (tag !== undefined && !TAG.test(tag))
    throw invalid(text, "a tag is up to 128 letters, digits, '_', '.' and '-', and starts with neither '.' nor '-'");
  if (digest === undefined) return tag === undefined ? { domain, path } : { domain, path, tag };
  if (!isDigest(digest))
    throw invalid(text, "a digest is sha256: and 64, or sha512: and 128, lower-case hexadecimal digits");
  return tag === undefined ? { domain, path, digest } : { domain, path, tag, digest };
}

/** Tells whether `text` is a well-formed host with optional port. */
export function isDomain(text: string): boolean {
  return DOMAIN.test(text);
}

/** Tells whether `text` is a well-formed tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

function splitName(name: string, text: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const hasDomain = slash > 0 && DOMAIN.test(name.slice(0, slash));
  const path = hasDomain ? name.slice(slash + 1) : name;
  if (path.length > PATH_LIMIT) throw invalid(text, `a repository name has at most ${PATH_LIMIT} characters`);
  if (!path.split("/").every((component) => COMPONENT.test(component))) throw invalid(text, pathProblem(path));
  return { domain: hasDomain ? name.slice(0, slash) : "", path };
}

function pathProblem(path: string): string {
  if (path === "") return "the repository name is missing";
  if (path.toLowerCase() !== path) return "a repository name must be lower case";
  return "a repository name is lower-case letters and digits, separated by '.', '_', '__' or '-', in parts between '/'";
}

function cut(text: string, at: number): [string, string | undefined] {
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The error for a text that is no reference; long texts are shortened in its message. */
export function invalid(text: string, reason: string): TsbuildError<"REFERENCE_INVALID"> {
  const shown = text.length > 300 ? `${text.slice(0, 300)}...` : text;
  return new TsbuildError("REFERENCE_INVALID", `not an image reference: ${JSON.stringify(shown)}: ${reason}`, {
    hint: "write [registry/]repository[:tag][@digest], for example debian:12 or ghcr.io/me/app:1.0",
  });
}
