import type { FlagError } from "../flags/csv.ts";

/** One character of a pattern: what it accepts. */
type Accepts = (char: string) => boolean;

/** A run of single characters, behind a star or not. */
interface Chunk {
  readonly star: boolean;
  readonly accepts: readonly Accepts[];
}

const BAD_PATTERN: FlagError = { error: "syntax error in pattern" };

/**
 * Compiles a pattern of Go's `filepath.Match`, which COPY and ADD use: `*` and `?` do not match `/`, `[a-z]` and `[^a]` are
 * classes, `\` escapes; the whole name must match. Matching takes at most the product of both lengths in time.
 */
export function compileGoMatch(pattern: string): ((name: string) => boolean) | FlagError {
  const chunks = parsePattern(Array.from(pattern));
  if (chunks === undefined) return BAD_PATTERN;
  return (name) => matchChunks(chunks, Array.from(name));
}

/** Whether `name` matches; an error for a pattern that is not well-formed. */
export function goMatch(pattern: string, name: string): boolean | FlagError {
  const match = compileGoMatch(pattern);
  return typeof match === "function" ? match(name) : match;
}

/** Undefined for a malformed pattern. */
function parsePattern(chars: readonly string[]): Chunk[] | undefined {
  const chunks: { star: boolean; accepts: Accepts[] }[] = [{ star: false, accepts: [] }];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? "";
    if (char === "*") {
      const last = chunks.at(-1);
      if (last?.star !== true || last.accepts.length > 0) chunks.push({ star: true, accepts: [] });
      continue;
    }
    const item = char === "[" ? parseClass(chars, at) : parseSingle(chars, at);
    if (item === undefined) return undefined;
    chunks.at(-1)?.accepts.push(item.accepts);
    at = item.end - 1;
  }
  return chunks;
}

interface Item {
  readonly accepts: Accepts;
  /** The index behind it. */
  readonly end: number;
}

function parseSingle(chars: readonly string[], at: number): Item | undefined {
  const char = chars[at];
  if (char === "?") return { accepts: (found) => found !== "/", end: at + 1 };
  const literal = char === "\\" ? chars[at + 1] : char;
  if (literal === undefined) return undefined;
  return { accepts: (found) => found === literal, end: at + (char === "\\" ? 2 : 1) };
}

function parseClass(chars: readonly string[], start: number): Item | undefined {
  const negated = chars[start + 1] === "^";
  const ranges: [string, string][] = [];
  let at = start + (negated ? 2 : 1);
  while (chars[at] !== "]" || ranges.length === 0) {
    const low = parseRangeEnd(chars, at);
    if (low === undefined) return undefined;
    const high = chars[low.end] === "-" ? parseRangeEnd(chars, low.end + 1) : low;
    if (high === undefined) return undefined;
    ranges.push([low.char, high.char]);
    at = high.end;
  }
  const accepts = (found: string) => ranges.some(([low, high]) => isBetween(found, low, high)) !== negated;
  return { accepts, end: at + 1 };
}

function parseRangeEnd(chars: readonly string[], start: number): { char: string; end: number } | undefined {
  if (chars[start] === "-" || chars[start] === "]") return undefined;
  const at = chars[start] === "\\" ? start + 1 : start;
  const char = chars[at];
  return char === undefined || at + 1 >= chars.length ? undefined : { char, end: at + 1 };
}

function isBetween(char: string, low: string, high: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (low.codePointAt(0) ?? 0) <= code && code <= (high.codePointAt(0) ?? 0);
}

/** Each chunk at the first place where it fits: a star in front of a later chunk makes good for it. */
function matchChunks(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let at = 0;
  for (const [index, { star, accepts }] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    if (isLast && star && accepts.length === 0) return !name.includes("/", at);
    const start = findChunk(accepts, name, { at, star, atEnd: isLast });
    if (start === undefined) return false;
    at = start + accepts.length;
  }
  return true;
}

interface FindOptions {
  readonly at: number;
  readonly star: boolean;
  /** The chunk must end where the name ends. */
  readonly atEnd: boolean;
}

function findChunk(
  accepts: readonly Accepts[],
  name: readonly string[],
  { at, star, atEnd }: FindOptions,
): number | undefined {
  for (let start = at; start + accepts.length <= name.length; start += 1) {
    const fits = !atEnd || start + accepts.length === name.length;
    if (fits && accepts.every((accept, index) => accept(name[start + index] ?? ""))) return start;
    if (!star || name[start] === "/") return undefined;
  }
  return undefined;
}
