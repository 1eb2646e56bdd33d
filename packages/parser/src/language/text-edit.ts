import type { Range } from "../position.ts";

/** The replacement of a piece of text. */
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}
