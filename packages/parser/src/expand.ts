import { type LexOptions, type Lookup, ShellError } from "./shell/lex-state.ts";
import { DEFAULT_LEX_OPTIONS, type LexResult, lex } from "./shell/lexer.ts";

export interface ExpandOptions {
  /**
   * The Dockerfile's escape character. In mode `heredoc` it is always the backslash.
   * @default "\\"
   */
  readonly escape?: "\\" | "`";
  /**
   * `word`: quotes are removed. `heredoc`: quotes are ordinary characters, as in the bodies of COPY and ADD here-documents.
   * @default "word"
   */
  readonly mode?: "word" | "heredoc";
  /**
   * Leave references to variables that are not set as they stand.
   * @default false
   */
  readonly keepUnset?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** The variables that were asked for and found. */
  readonly matched: readonly string[];
  /** The variables that were asked for and are not set; a `:-` default does not take them off this list. */
  readonly unmatched: readonly string[];
}

export interface WordsExpansion {
  readonly words: readonly string[];
  readonly unmatched: readonly string[];
}

export interface ExpansionError {
  /** BuildKit's message: `failed to process "${a": syntax error: missing '}'`. */
  readonly error: string;
}

/**
 * Expands variables and removes quotes in one word of a Dockerfile: `$name`, `${name}`, `${name:-word}`, `-`, `:+`, `+`, `:?`,
 * `?`, `#`, `##`, `%`, `%%`, `/`, `//`. Blanks part nothing. Never throws.
 */
export function expand(word: string, env: Lookup, options: ExpandOptions = {}): Expansion | ExpansionError {
  const mode = options.mode ?? "word";
  if (isPlain(word)) return { text: word, matched: [], unmatched: [] };
  const result = tryLex(word, env, {
    ...DEFAULT_LEX_OPTIONS,
    escape: mode === "heredoc" ? "\\" : (options.escape ?? "\\"),
    ignoreQuotes: mode === "heredoc",
    keepUnset: options.keepUnset ?? false,
    splits: false,
  });
  return "error" in result ? result : { text: result.text, matched: result.matched, unmatched: result.unmatched };
}

/** As `expand`, but splits at blanks that are not quoted, after expansion: one word of EXPOSE may become several. */
export function expandWords(word: string, env: Lookup, options: ExpandOptions = {}): WordsExpansion | ExpansionError {
  const result = tryLex(word, env, {
    ...DEFAULT_LEX_OPTIONS,
    escape: options.escape ?? "\\",
    keepUnset: options.keepUnset ?? false,
  });
  return "error" in result ? result : { words: result.words, unmatched: result.unmatched };
}

/** Words without any character that means something, which are most. */
function isPlain(word: string): boolean {
  return /^[^$'"\\`<\ufeff]*$/.test(word);
}

function tryLex(word: string, env: Lookup, options: LexOptions): LexResult | ExpansionError {
  try {
    return lex(word, env, options);
  } catch (error) {
    if (error instanceof ShellError) return { error: error.message };
    throw error;
  }
}
