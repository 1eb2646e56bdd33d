import type { CharSet } from "./tokens.ts";

/** Named classes of RE2, ASCII only: `[:alpha:]`. */
const NAMED: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /\p{ASCII}/u,
  blank: /[\t ]/,
  cntrl: /(?=\p{ASCII})\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

const ESCAPE_CLASSES: Readonly<Record<string, RegExp>> = { d: /[0-9]/, s: /[\t\n\f\r ]/, w: /[0-9A-Za-z_]/ };
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

export interface Parsed {
  readonly set: CharSet;
  /** The index behind it. */
  readonly end: number;
}

/** Reads `\x` at `at`; undefined where RE2 knows no such escape. */
export function parseEscape(chars: readonly string[], at: number): Parsed | undefined {
  const char = chars[at + 1];
  if (char === undefined) return undefined;
  const classed = escapeClass(char);
  if (classed !== undefined) return { set: classed, end: at + 2 };
  const wanted = literalEscape(char);
  return wanted === undefined ? undefined : { set: (code) => code === wanted, end: at + 2 };
}

/** Reads `[...]` at `at`; undefined where RE2 finds it malformed. */
export function parseCharClass(chars: readonly string[], at: number): Parsed | undefined {
  const negated = chars[at + 1] === "^";
  const sets: CharSet[] = [];
  let next = at + (negated ? 2 : 1);
  while (chars[next] !== "]" || sets.length === 0) {
    const member = parseMember(chars, next);
    if (member === undefined) return undefined;
    sets.push(member.set);
    next = member.end;
  }
  return { set: (code) => sets.some((set) => set(code)) !== negated, end: next + 1 };
}

function parseMember(chars: readonly string[], at: number): Parsed | undefined {
  const named = chars[at] === "[" && chars[at + 1] === ":" ? parseNamed(chars, at) : undefined;
  if (named !== undefined) return named;
  const classed = chars[at] === "\\" ? escapeClass(chars[at + 1] ?? "") : undefined;
  if (classed !== undefined) return { set: classed, end: at + 2 };
  const low = parseBound(chars, at);
  if (low === undefined) return undefined;
  const isRange = chars[low.end] === "-" && chars[low.end + 1] !== "]" && chars[low.end + 1] !== undefined;
  const high = isRange ? parseBound(chars, low.end + 1) : low;
  if (high === undefined || high.code < low.code) return undefined;
  return { set: (code) => low.code <= code && code <= high.code, end: high.end };
}

function parseNamed(chars: readonly string[], at: number): Parsed | undefined {
  const text = chars.slice(at, at + 12).join("");
  const match = /^\[:(\^?)([a-z]+):\]/.exec(text);
  const name = match?.[2] ?? "";
  const pattern = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (match === null || pattern === undefined) return undefined;
  const negated = match[1] === "^";
  return { set: (code) => pattern.test(String.fromCodePoint(code)) !== negated, end: at + match[0].length };
}

function parseBound(chars: readonly string[], at: number): { code: number; end: number } | undefined {
  const isEscape = chars[at] === "\\";
  const char = chars[isEscape ? at + 1 : at];
  if (char === undefined) return undefined;
  const code = isEscape ? literalEscape(char) : char.codePointAt(0);
  return code === undefined ? undefined : { code, end: at + (isEscape ? 2 : 1) };
}

function escapeClass(char: string): CharSet | undefined {
  const lower = char.toLowerCase();
  const pattern = Object.hasOwn(ESCAPE_CLASSES, lower) ? ESCAPE_CLASSES[lower] : undefined;
  if (pattern === undefined) return undefined;
  return (code) => pattern.test(String.fromCodePoint(code)) === (char === lower);
}

/** Letters and digits mean something, or nothing; all else stands for itself. */
function literalEscape(char: string): number | undefined {
  if (Object.hasOwn(CONTROLS, char)) return CONTROLS[char];
  return /^[0-9A-Za-z]$/.test(char) ? undefined : char.codePointAt(0);
}
