import { type Parsed, parseCharClass, parseEscape } from "./char-class.ts";
import { goMatch } from "./go-match.ts";
import { patternMeaning } from "./pattern-regex.ts";
import { ANY, literalTokens, NEVER, NOT_LINE_FEED, type Token } from "./tokens.ts";

const MAX_REPEAT = 1000;
const FOLDERS = "(.*/)?";

/**
 * A pattern as lists of steps: a path matches when it takes all steps of one of them. Undefined for a malformed pattern.
 */
export function patternTokens(pattern: string): Token[][] | undefined {
  if (typeof goMatch(pattern, ".") === "object") return undefined;
  const meaning = patternMeaning(pattern);
  const rest: Token = { kind: "many", set: ANY };
  switch (meaning.kind) {
    case "exact":
      return [literalTokens(meaning.text)];
    case "prefix":
      return [[...literalTokens(meaning.text), rest]];
    case "suffix":
      return [[rest, ...literalTokens(meaning.text)], ...withoutSlash(meaning.text)];
    case "regexp":
      return regexpTokens(meaning.text.slice(1, -1));
  }
}

/** A leading double star with its slash also stands for no folder at all. */
function withoutSlash(suffix: string): Token[][] {
  return suffix.startsWith("/") ? [literalTokens(suffix.slice(1))] : [];
}

/**
 * Reads the small part of RE2's notation that comes out of patterns. A bar parts alternatives; only the first of them is
 * bound to the start of the path, only the last to its end.
 */
function regexpTokens(text: string): Token[][] | undefined {
  const alternatives: Token[][] = [[]];
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; ) {
    if (chars[at] === "|") {
      alternatives.at(-1)?.push({ kind: "many", set: ANY });
      alternatives.push([{ kind: "many", set: ANY }]);
      at += 1;
      continue;
    }
    const step = readStep(chars, at);
    if (step === undefined) return undefined;
    alternatives.at(-1)?.push(...step.tokens);
    at = step.end;
  }
  return alternatives;
}

interface Step {
  readonly tokens: readonly Token[];
  readonly end: number;
}

function readStep(chars: readonly string[], at: number): Step | undefined {
  if (chars[at] === "(" && chars.slice(at, at + FOLDERS.length).join("") === FOLDERS) {
    const folders: Token[] = [{ kind: "maybe", skip: 2 }, { kind: "many", set: NOT_LINE_FEED }, ...literalTokens("/")];
    return chars[at + FOLDERS.length] === "{" && readRepeat(chars, at + FOLDERS.length) !== undefined
      ? undefined
      : { tokens: folders, end: at + FOLDERS.length };
  }
  const atom = readAtom(chars, at);
  if (atom === undefined) return undefined;
  if (chars[atom.end] === "*") return { tokens: [{ kind: "many", set: atom.set }], end: atom.end + 1 };
  const repeat = readRepeat(chars, atom.end);
  if (repeat === undefined) return { tokens: [{ kind: "one", set: atom.set }], end: atom.end };
  return repeat.min > MAX_REPEAT || repeat.max < repeat.min
    ? undefined
    : { tokens: repeated(atom, repeat), end: repeat.end };
}

function readAtom(chars: readonly string[], at: number): Parsed | undefined {
  const char = chars[at] ?? "";
  if (char === "\\") return parseEscape(chars, at);
  if (char === "[") return parseCharClass(chars, at);
  if (char === ".") return { set: NOT_LINE_FEED, end: at + 1 };
  // An anchor in the middle: nothing gets past it, and at the start it says nothing new.
  if (char === "^") return at === 0 ? readAtom(chars, 1) : { set: NEVER, end: at + 1 };
  if (char === "{" && at === 0 && readRepeat(chars, at) !== undefined) return undefined;
  const wanted = char.codePointAt(0);
  return { set: (code) => code === wanted, end: at + 1 };
}

interface Repeat {
  readonly min: number;
  /** Infinity for `{2,}`. */
  readonly max: number;
  readonly end: number;
}

/** `{2}`, `{2,}`, `{2,5}`; braces in any other form stand for themselves. */
function readRepeat(chars: readonly string[], at: number): Repeat | undefined {
  if (chars[at] !== "{") return undefined;
  const match = /^\{([0-9]{1,4})(,?)([0-9]{0,4})\}/.exec(chars.slice(at, at + 12).join(""));
  if (match === null || (match[2] === "" && match[3] !== "")) return undefined;
  const min = Number(match[1]);
  const open = match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
  return { min, max: match[2] === "" ? min : open, end: at + match[0].length };
}

function repeated({ set }: Parsed, { min, max }: Repeat): Token[] {
  const tokens: Token[] = Array.from({ length: min }, () => ({ kind: "one", set }));
  if (max === Number.POSITIVE_INFINITY) return [...tokens, { kind: "many", set }];
  for (let count = min; count < Math.min(max, MAX_REPEAT); count += 1) {
    tokens.push({ kind: "maybe", skip: 1 }, { kind: "one", set });
  }
  return tokens;
}
