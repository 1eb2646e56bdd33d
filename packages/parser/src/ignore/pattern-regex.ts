/**
 * What a pattern of an ignore file means: plain text to compare with, or the text of a regular expression (RE2's notation).
 * The regular expression is kept as text, letter by letter as BuildKit makes it, because what it leaves unescaped is part of
 * what patterns mean.
 */
export type PatternMeaning =
  | { readonly kind: "exact" | "prefix" | "suffix"; readonly text: string }
  | { readonly kind: "regexp"; readonly text: string };

/** Characters that BuildKit escapes; it forgets `|`, `{`, `}` and `^`. */
const ESCAPED = ".+()$";

export function patternMeaning(pattern: string): PatternMeaning {
  const chars = Array.from(pattern);
  const draft: Draft = { kind: "exact", text: "^" };
  for (let at = 0; at < chars.length; ) {
    if (chars[at] === "*" && chars[at + 1] === "*") {
      const end = at + (chars[at + 2] === "/" ? 3 : 2);
      addDoubleStar(draft, at === 0, end === chars.length);
      at = end;
    } else at = addCharacter(draft, chars, at);
  }
  const { kind, text } = draft;
  return kind === "regexp" ? { kind, text: `${text}$` } : { kind, text: plainText(kind, pattern) };
}

interface Draft {
  kind: PatternMeaning["kind"];
  text: string;
}

/** At the end it takes all that follows, elsewhere any folders; at the start the pattern may still be a plain suffix. */
function addDoubleStar(draft: Draft, isFirst: boolean, isLast: boolean): void {
  const isPrefix = isLast && draft.kind === "exact";
  if (!isPrefix) draft.text += isLast ? ".*" : "(.*/)?";
  draft.kind = isFirst ? "suffix" : isPrefix ? "prefix" : "regexp";
}

/** Answers with the index of the next character. */
function addCharacter(draft: Draft, chars: readonly string[], at: number): number {
  const char = chars[at] ?? "";
  const escaped = char === "\\" ? chars[at + 1] : undefined;
  if (escaped !== undefined || "*?[]".includes(char)) draft.kind = "regexp";
  if (char !== "\\") draft.text += translate(char);
  else draft.text += `\\${escaped ?? ""}`;
  return at + (escaped === undefined ? 1 : 2);
}

function translate(char: string): string {
  if (char === "*") return "[^/]*";
  if (char === "?") return "[^/]";
  return ESCAPED.includes(char) ? `\\${char}` : char;
}

function plainText(kind: "exact" | "prefix" | "suffix", pattern: string): string {
  if (kind === "prefix") return pattern.slice(0, -2);
  return kind === "suffix" ? pattern.slice(2) : pattern;
}
