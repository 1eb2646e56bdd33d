import { trimSpaces } from "../text/go-strings.ts";
import { createAutomaton, type State } from "./automaton.ts";
import { cleanPath } from "./clean-path.ts";
import type { IgnorePattern } from "./ignore-file.ts";
import { patternTokens } from "./pattern-tokens.ts";

/** Decides about paths relative to the root of the context, with `/` between parts. */
export interface IgnoreMatcher {
  /** The last pattern that matches the path or a folder above it decides. */
  ignores(path: string): boolean;
  /** The pattern that decides about the path, be it ignored or taken back in; undefined where none matches. */
  explain(path: string): IgnorePattern | undefined;
  /**
   * Whether a walk has to visit a folder: false where it is ignored and nothing below it can be taken back in by a later `!`
   * pattern.
   */
  mayContainIncluded(folder: string): boolean;
  /** Whether there are `!` patterns. */
  readonly hasNegations: boolean;
}

const SLASH = 47;

/**
 * Compiles the patterns of an ignore file, or of `--exclude`. A string is a pattern as written, `!` included. All patterns
 * are looked for at once, so the time for a path does not grow with their number. Malformed patterns match nothing.
 */
export function createIgnoreMatcher(patterns: readonly (IgnorePattern | string)[]): IgnoreMatcher {
  const list = patterns.flatMap((pattern) => (typeof pattern === "string" ? fromText(pattern) : pattern));
  const { start } = createAutomaton(list.map(({ pattern }) => (pattern === "" ? [] : (patternTokens(pattern) ?? []))));

  /** The deciding pattern's index and where the machine stands behind the path. */
  function walk(path: string): { decided: number; state: State } {
    let state = start;
    let decided = -1;
    for (let at = 0; at < path.length; at += 1) {
      const code = path.codePointAt(at) ?? 0;
      if (code === SLASH && state.accepted > decided) decided = state.accepted;
      if (state.isDead) return { decided, state };
      if (code > 0xffff) at += 1;
      state = state.next(code);
    }
    return { decided: Math.max(decided, state.accepted), state };
  }

  function explain(path: string): IgnorePattern | undefined {
    const cleaned = cleanPath(path);
    return cleaned === "." ? undefined : list[walk(cleaned).decided];
  }

  return {
    explain,
    ignores(path) {
      const pattern = explain(path);
      return pattern !== undefined && !pattern.negated;
    },
    mayContainIncluded(folder) {
      const cleaned = cleanPath(folder);
      if (cleaned === ".") return true;
      const { decided, state } = walk(cleaned);
      if (list[decided]?.negated !== false) return true;
      return state.next(SLASH).reaches((pattern) => pattern > decided && list[pattern]?.negated === true);
    },
    hasNegations: list.some(({ negated }) => negated),
  };
}

/** As BuildKit reads patterns that come from no file: cleaned with their `!`, slashes in front kept. */
function fromText(text: string): IgnorePattern[] {
  const trimmed = trimSpaces(text);
  if (trimmed === "") return [];
  const cleaned = cleanPath(trimmed);
  const negated = cleaned.startsWith("!");
  return [{ pattern: negated ? cleaned.slice(1) : cleaned, line: 0, negated }];
}
