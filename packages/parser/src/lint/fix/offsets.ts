import type { Position } from "../../position.ts";

/** Tells the offset of a position in a text; one behind the text's end is its end. */
export function createOffsets(text: string): (position: Position) => number {
  const starts = [0];
  for (let feed = text.indexOf("\n"); feed >= 0; feed = text.indexOf("\n", feed + 1)) starts.push(feed + 1);
  return ({ line, column }) => {
    const start = starts[line - 1] ?? text.length;
    return Math.min(start + column, text.length);
  };
}
