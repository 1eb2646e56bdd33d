/**
 * Follows quotes, substitutions and escapes of a POSIX shell and answers where in a text of commands blanks part words, so
 * that more or fewer of them mean the same. Everything that dialects read differently counts as meaningful, and so does the
 * whole text where quotes are left open: it may be another shell's.
 */
export function shellBreaks(text: string, offsets: readonly number[]): ReadonlySet<number> {
  const wanted = new Set(offsets);
  const found = new Set<number>();
  const state: ShellState = { text, at: 0, escaped: -1, scopes: [], isClear: true, isBroken: false };
  while (state.at < text.length && state.isClear) {
    if (wanted.has(state.at) && isBetweenWords(state)) found.add(state.at);
    step(state);
  }
  const isLeftOpen = state.isClear && state.scopes.length > 0;
  return isLeftOpen || state.isBroken ? new Set() : found;
}

/** What has been opened and not closed: double quotes, `$(`, a plain parenthesis in it, `${`. */
type Scope = '"' | "$(" | "(" | "${";

interface ShellState {
  readonly text: string;
  at: number;
  /** The index of the character that was escaped last. */
  escaped: number;
  readonly scopes: Scope[];
  /** False from where it cannot be told what is quoted. */
  isClear: boolean;
  /** True where nothing in front is certain either. */
  isBroken: boolean;
}

function isBetweenWords({ text, at, escaped, scopes }: ShellState): boolean {
  if (scopes.includes("${") || scopes.at(-1) === '"') return false;
  return isBlank(text[at]) || (isBlank(text[at - 1]) && escaped !== at - 1);
}

function step(state: ShellState): void {
  const { text, at, scopes } = state;
  const char = text[at];
  state.at += 1;
  if (char === "\\") skipEscaped(state);
  else if (char === "$" && text[at + 1] === "(") open(state, "$(");
  else if (char === "$" && text[at + 1] === "{") open(state, "${");
  else if (char === "}" && scopes.at(-1) === "${") scopes.pop();
  else if (scopes.at(-1) === '"') stepQuoted(state, char);
  else if (char === '"') openQuotes(state);
  else if (char === "'") skipSingleQuotes(state);
  else stepPlain(state, char);
}

function skipEscaped(state: ShellState): void {
  state.escaped = state.at;
  state.at += 1;
}

function open(state: ShellState, scope: Scope): void {
  state.scopes.push(scope);
  state.at += 1;
}

function stepQuoted(state: ShellState, char: string | undefined): void {
  if (char === '"') state.scopes.pop();
  else if (char === "`") state.isClear = false;
}

/** Quotes in `"${name:-"text"}"` open in some shells and close in others. */
function openQuotes(state: ShellState): void {
  if (isInQuotedBraces(state)) state.isClear = false;
  else state.scopes.push('"');
}

function skipSingleQuotes(state: ShellState): void {
  const { text, at } = state;
  const end = text.indexOf("'", at);
  // $'...' knows escapes in some shells only.
  if (text[at - 2] === "$" || isInQuotedBraces(state)) state.isClear = false;
  else if (end < 0) state.isBroken = true;
  state.at = end < 0 ? text.length : end + 1;
}

function stepPlain(state: ShellState, char: string | undefined): void {
  const { scopes, text, at } = state;
  const isInSubstitution = scopes.at(-1) === "$(" || scopes.at(-1) === "(";
  if (!isInSubstitution) return;
  if (char === "(") scopes.push("(");
  else if (char === ")") scopes.pop();
  // The patterns of a case have parentheses that nothing opened.
  else if (char === "c" && /^case[ \t]$/.test(text.slice(at - 1, at + 4))) state.isClear = false;
}

function isInQuotedBraces({ scopes }: ShellState): boolean {
  return scopes.at(-1) === "${" && scopes.includes('"');
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
