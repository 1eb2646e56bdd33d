const DOMAIN =
  /^(?:\[[a-fA-F0-9:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]+)?$/;
const PATH_PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
const MAX_NAME_LENGTH = 255;

/** Whether a text can name an image: `[registry/]path[:tag][@digest]`, where short names are Docker Hub's. */
export function isImageReference(text: string): boolean {
  if (/^[a-f0-9]{64}$/.test(text)) return false;
  const [nameAndTag = "", digest, ...surplus] = text.split("@");
  if (surplus.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false;
  const { domain, rest } = splitDomain(nameAndTag);
  const colon = rest.lastIndexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (colon >= 0 && !TAG.test(rest.slice(colon + 1))) return false;
  if (domain !== undefined && !DOMAIN.test(domain)) return false;
  return path.length <= MAX_NAME_LENGTH && path.split("/").every((part) => PATH_PART.test(part));
}

/** The part in front of the first slash is a registry when it looks like a host. */
function splitDomain(name: string): { domain: string | undefined; rest: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  return slash < 0 || !isHost ? { domain: undefined, rest: name } : { domain: first, rest: name.slice(slash + 1) };
}
