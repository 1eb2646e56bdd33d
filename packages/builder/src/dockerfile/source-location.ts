import type { Range } from "@tsbuild/parser";

/** A place as BuildKit's answers give it: lines from 1 on, the last one included. What is 0 is left out. */
export interface SourceLocation {
  readonly ranges: readonly { readonly start: { readonly line: number }; readonly end: { readonly line: number } }[];
}

export function locationOf({ start, end }: Range): SourceLocation {
  const lastLine = end.column === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { ranges: [{ start: { line: start.line }, end: { line: lastLine } }] };
}

/** A file's text as BuildKit's answers hold it. */
export function encodeSource(text: string): string {
  return Buffer.from(text).toString("base64");
}
