import { ShellError } from "./lex-state.ts";

/** A piece of a shell pattern: any run of characters, any one character, or a literal one. */
type Token = { readonly kind: "star" | "any" } | { readonly kind: "char"; readonly char: string };

interface TrimOptions {
  /** Take away the longest match, not the shortest. */
  readonly greedy: boolean;
  /** Match at the end of the value instead of at its start. */
  readonly end: boolean;
}

/** `value` without the part at its start or end that the pattern matches. */
export function trimMatching(pattern: string, value: string, { greedy, end }: TrimOptions): string {
  const chars = Array.from(value);
  if (end) chars.reverse();
  const tokens = parsePattern(end ? reversePattern(pattern) : pattern, pattern);
  const match = findMatch(tokens, chars, { from: 0, anchored: true, greedy });
  const rest = match === undefined ? chars : chars.slice(match.end);
  if (end) rest.reverse();
  return rest.join("");
}

/** `value` with the first, or every, longest match of the pattern replaced. */
export function matchReplace(pattern: string, value: string, options: { replacement: string; all: boolean }): string {
  const tokens = parsePattern(pattern, pattern);
  const chars = Array.from(value);
  if (options.all) return replaceAll(tokens, chars, options.replacement);
  const match = findMatch(tokens, chars, { from: 0, anchored: false, greedy: true });
  if (match === undefined) return value;
  return chars.slice(0, match.start).join("") + options.replacement + chars.slice(match.end).join("");
}

function replaceAll(tokens: readonly Token[], chars: readonly string[], template: string): string {
  let result = "";
  let copied = 0;
  for (let from = 0; from <= chars.length; ) {
    const match = findMatch(tokens, chars, { from, anchored: false, greedy: true });
    if (match === undefined) break;
    result += chars.slice(copied, match.start).join("");
    // An empty match right behind the previous match does not count.
    if (match.end > copied || match.start === 0) {
      result += fillTemplate(template, chars.slice(match.start, match.end).join(""));
    }
    copied = match.end;
    from = Math.max(from + 1, match.end);
  }
  return result + chars.slice(copied).join("");
}

/** The pattern read from its end, escapes still in front of what they escape. */
export function reversePattern(pattern: string): string {
  const units = Array.from(pattern);
  const reversed: string[] = [];
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? "";
    const following = units[at + 1];
    if (unit === "\\" && following !== undefined) {
      reversed.push(unit + following);
      at += 1;
    } else reversed.push(unit);
  }
  return reversed.reverse().join("");
}

function parsePattern(pattern: string, original: string): Token[] {
  const chars = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? "";
    if (char === "*") tokens.push({ kind: "star" });
    else if (char === "?") tokens.push({ kind: "any" });
    else if (char === "\\") {
      const following = chars[at + 1];
      // `}` and `/` are escaped for the sake of `${}`, the escape is no part of the pattern.
      if (following === "}" || following === "/") continue;
      if (following !== "*" && following !== "?" && following !== "\\") {
        const reason = `invalid escape '\\${following ?? "\ufffd"}'`;
        throw new ShellError(`invalid pattern (${original}) in substitution: ${reason}`);
      }
      tokens.push({ kind: "char", char: following });
      at += 1;
    } else tokens.push({ kind: "char", char });
  }
  return tokens;
}

interface FindOptions {
  readonly from: number;
  readonly anchored: boolean;
  readonly greedy: boolean;
}

/**
 * The leftmost match, the longest or shortest there. All states are followed at once, so the time is the product of both
 * lengths even where a backtracking regular expression would take exponential time. Wildcards do not match a line feed.
 */
function findMatch(
  tokens: readonly Token[],
  chars: readonly string[],
  options: FindOptions,
): { start: number; end: number } | undefined {
  const { from, anchored, greedy } = options;
  let best: { start: number; end: number } | undefined;
  // For each state, the leftmost start of a match that has come so far.
  let starts: (number | undefined)[] = [];
  for (let at = from; at <= chars.length; at += 1) {
    if (starts[0] === undefined && best === undefined && (at === from || !anchored)) starts[0] = at;
    skipStars(tokens, starts);
    const start = starts[tokens.length];
    if (start !== undefined && (best === undefined || start < best.start || (start === best.start && greedy))) {
      best = { start, end: at };
      if (!greedy) return best;
    }
    starts = step(tokens, starts, chars[at], best?.start ?? Number.POSITIVE_INFINITY);
    if (starts.length === 0 && (anchored || best !== undefined)) break;
  }
  return best;
}

/** A star may match nothing. */
function skipStars(tokens: readonly Token[], starts: (number | undefined)[]): void {
  for (let state = 0; state < tokens.length; state += 1) {
    const start = starts[state];
    if (start !== undefined && tokens[state]?.kind === "star") {
      starts[state + 1] = Math.min(start, starts[state + 1] ?? start);
    }
  }
}

function step(
  tokens: readonly Token[],
  starts: readonly (number | undefined)[],
  char: string | undefined,
  limit: number,
): (number | undefined)[] {
  const following: (number | undefined)[] = [];
  if (char === undefined) return following;
  for (let state = 0; state < tokens.length && state < starts.length; state += 1) {
    const start = starts[state];
    const token = tokens[state];
    if (start === undefined || start > limit || token === undefined) continue;
    const matches = token.kind === "char" ? token.char === char : char !== "\n";
    if (!matches) continue;
    const next = token.kind === "star" ? state : state + 1;
    following[next] = Math.min(start, following[next] ?? start);
  }
  return following;
}

/** BuildKit hands the replacement of `//` to a template: `$0` is the match, other names are empty, `$$` is a dollar. */
function fillTemplate(template: string, matched: string): string {
  if (!template.includes("$")) return template;
  return template.replace(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (whole, bare, braced) => {
    if (whole === "$$") return "$";
    return Number(bare ?? braced) === 0 ? matched : "";
  });
}
