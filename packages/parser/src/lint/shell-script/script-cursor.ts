/** Where the reading of a script stands. */
export interface ScriptCursor {
  readonly text: string;
  at: number;
  /** Delimiters of here-documents that begin on the next line. */
  heredocs: { readonly name: string; readonly chomp: boolean }[];
}

export function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\v" || char === "\f";
}

/** Blanks and joined lines. */
export function skipBlanks(cursor: ScriptCursor): void {
  for (;;) {
    const char = cursor.text[cursor.at];
    if (isBlank(char)) cursor.at += 1;
    else if (char === "\\" && cursor.text[cursor.at + 1] === "\n") cursor.at += 2;
    else return;
  }
}

/** Up to, not over, the line's end. */
export function skipLine(cursor: ScriptCursor): void {
  const feed = cursor.text.indexOf("\n", cursor.at);
  cursor.at = feed < 0 ? cursor.text.length : feed;
}

/** Over a line feed and the bodies of the here-documents that begin behind it. */
export function skipLineEnd(cursor: ScriptCursor): void {
  cursor.at += 1;
  const open = cursor.heredocs;
  cursor.heredocs = [];
  for (const { name, chomp } of open) skipBody(cursor, name, chomp);
}

function skipBody(cursor: ScriptCursor, name: string, chomp: boolean): void {
  while (cursor.at < cursor.text.length) {
    const start = cursor.at;
    skipLine(cursor);
    const line = cursor.text.slice(start, cursor.at);
    cursor.at += 1;
    if ((chomp ? line.replace(/^\t+/, "") : line) === name) return;
  }
}

/** Over `${...}`, from its dollar sign on. */
export function skipParameter(cursor: ScriptCursor): void {
  const { text } = cursor;
  let depth = 0;
  for (; cursor.at < text.length; cursor.at += 1) {
    const char = text[cursor.at];
    if (char === "\\") cursor.at += 1;
    else if (char === "$" && text[cursor.at + 1] === "{") depth += 1;
    else if (char === "}") depth -= 1;
    if (depth > 0 || char !== "}") continue;
    cursor.at += 1;
    return;
  }
}

/** Over what begins at a closing character's partner: from behind it to behind the next `closer` that no backslash escapes. */
export function skipTo(cursor: ScriptCursor, closer: string): void {
  const { text } = cursor;
  while (cursor.at < text.length) {
    const char = text[cursor.at];
    cursor.at += char === "\\" ? 2 : 1;
    if (char === closer) return;
  }
}

/** Over `((...))`, from its first parenthesis on. */
export function skipArithmetic(cursor: ScriptCursor): void {
  let depth = 0;
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at];
    cursor.at += 1;
    if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return;
  }
}
