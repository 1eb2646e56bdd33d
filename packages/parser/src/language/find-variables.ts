/** A `$name` or `${name...}` in a text: where the name stands. */
export interface VariableUse {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface FindVariablesOptions {
  readonly escapeToken: string;
  /** Whether nothing is expanded between single quotes. */
  readonly quotes: boolean;
}

/** Variables that a text uses, in order; those in the words of other substitutions too. */
export function findVariables(text: string, { escapeToken, quotes }: FindVariablesOptions): VariableUse[] {
  const uses: VariableUse[] = [];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === escapeToken || (char === "$" && text[at + 1] === "$")) at += 1;
    else if (quotes && char === '"') isQuoted = !isQuoted;
    else if (quotes && char === "'" && !isQuoted) at = skipQuotes(text, at);
    else if (char === "$") {
      const use = useAt(text, at);
      if (use === undefined) continue;
      uses.push(use);
      at = use.end - 1;
    }
  }
  return uses;
}

function useAt(text: string, at: number): VariableUse | undefined {
  const start = text[at + 1] === "{" ? at + 2 : at + 1;
  if (!/^[A-Za-z_]$/.test(text[start] ?? "")) return undefined;
  let end = start + 1;
  while (/^\w$/.test(text[end] ?? "")) end += 1;
  return { name: text.slice(start, end), start, end };
}

/** The index of the closing quote, or of the opening one where nothing closes it. */
function skipQuotes(text: string, at: number): number {
  const end = text.indexOf("'", at + 1);
  return end < 0 ? at : end;
}
