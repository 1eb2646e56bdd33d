/** One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_HEADER = 16 * 1024;
const TOKEN = /[^\s",=]+/y;
const PARAMETER = /\s*([^\s",=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))/y;

/**
 * Reads all challenges of a header: several in one, values with and without quotes, commas within quotes.
 * What is no challenge is left out.
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MAX_HEADER);
  const challenges: Challenge[] = [];
  let at = 0;
  while (at < text.length) {
    at = skip(text, at);
    TOKEN.lastIndex = at;
    const scheme = TOKEN.exec(text)?.[0];
    if (scheme === undefined) {
      at++;
      continue;
    }
    const parameters = new Map<string, string>();
    at = readParameters(text, at + scheme.length, parameters);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
  return challenges;
}

/** Reads `name=value` pairs until something else follows, and tells where that is. */
function readParameters(text: string, start: number, parameters: Map<string, string>): number {
  let at = start;
  for (;;) {
    PARAMETER.lastIndex = skip(text, at);
    const match = PARAMETER.exec(text);
    if (match === null) return skip(text, at);
    const [, name = "", quoted, plain = ""] = match;
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? plain);
    at = PARAMETER.lastIndex;
  }
}

function skip(text: string, start: number): number {
  let at = start;
  while (at < text.length && /[\s,]/.test(text.charAt(at))) at++;
  return at;
}
