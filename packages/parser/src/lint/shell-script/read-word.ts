import { isBlank, type ScriptCursor, skipArithmetic, skipParameter, skipTo } from "./script-cursor.ts";
import type { ShellWord } from "./shell-command.ts";

/** Reads the commands of `$( )` up to and with its parenthesis: the cursor stands behind the opening one. */
export type ReadSubstitution = () => void;

const ENDS_WORD: ReadonlySet<string> = new Set([" ", "\t", "\r", "\v", "\f", "\n", ";", "&", "|", "<", ">", "(", ")"]);
const LEFT_TO_THE_SHELL: ReadonlySet<string> = new Set(["*", "?", "[", "{", "~", "!"]);

interface Draft {
  readonly parts: string[];
  isLiteral: boolean;
}

/** Reads a word from its first character on. */
export function readWord(cursor: ScriptCursor, readSubstitution: ReadSubstitution): ShellWord {
  const start = cursor.at;
  const draft: Draft = { parts: [], isLiteral: true };
  while (cursor.at < cursor.text.length && !ENDS_WORD.has(cursor.text[cursor.at] ?? "")) {
    readPart(cursor, draft, readSubstitution);
  }
  const text = cursor.text.slice(start, cursor.at);
  return { text, value: draft.parts.join(""), isLiteral: draft.isLiteral, start, end: cursor.at };
}

function readPart(cursor: ScriptCursor, draft: Draft, readSubstitution: ReadSubstitution): void {
  const char = cursor.text[cursor.at] ?? "";
  if (char === "'") readSingleQuoted(cursor, draft);
  else if (char === '"') readDoubleQuoted(cursor, draft, readSubstitution);
  else if (char === "\\") readEscaped(cursor, draft);
  else if (char === "$" || char === "`") readExpansion(cursor, draft, readSubstitution);
  else {
    if (LEFT_TO_THE_SHELL.has(char)) draft.isLiteral = false;
    draft.parts.push(char);
    cursor.at += 1;
  }
}

function readSingleQuoted(cursor: ScriptCursor, draft: Draft): void {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  const stop = end < 0 ? cursor.text.length : end;
  draft.parts.push(cursor.text.slice(cursor.at + 1, stop));
  cursor.at = end < 0 ? stop : stop + 1;
}

function readDoubleQuoted(cursor: ScriptCursor, draft: Draft, readSubstitution: ReadSubstitution): void {
  cursor.at += 1;
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at] ?? "";
    if (char === '"') {
      cursor.at += 1;
      return;
    }
    if (char === "$" || char === "`") readExpansion(cursor, draft, readSubstitution);
    else if (char === "\\" && /["$\\`\n]/.test(cursor.text[cursor.at + 1] ?? "")) readEscaped(cursor, draft);
    else {
      draft.parts.push(char);
      cursor.at += 1;
    }
  }
}

function readEscaped(cursor: ScriptCursor, draft: Draft): void {
  const next = cursor.text[cursor.at + 1] ?? "";
  if (next !== "\n") draft.parts.push(next);
  cursor.at = Math.min(cursor.at + 2, cursor.text.length);
}

/** `$name`, `${...}`, `$(...)`, `$((...))` and backquotes. */
function readExpansion(cursor: ScriptCursor, draft: Draft, readSubstitution: ReadSubstitution): void {
  const { text, at: start } = cursor;
  const next = text[start + 1];
  const isPlain = text[start] === "$" && (next === undefined || isBlank(next) || next === '"' || next === "\n");
  if (text[start] === "`") {
    cursor.at += 1;
    skipTo(cursor, "`");
  } else if (next === "{") skipParameter(cursor);
  else if (next === "(" && text[start + 2] === "(") {
    cursor.at += 1;
    skipArithmetic(cursor);
  } else if (next === "(") {
    cursor.at += 2;
    readSubstitution();
  } else cursor.at += 1;
  cursor.at = Math.min(cursor.at, text.length);
  draft.parts.push(text.slice(start, cursor.at));
  if (!isPlain) draft.isLiteral = false;
}
