import type { Range } from "../position.ts";
import type { LanguageDocument } from "./language-document.ts";

/** What could be written, without the place. */
export interface CompletionOption {
  /** Also the text that is inserted. */
  readonly label: string;
  readonly kind: "instruction" | "flag" | "value" | "stage" | "variable" | "directive" | "keyword";
  readonly detail?: string;
  /** Markdown. */
  readonly documentation?: string;
}

/** One thing that could be written at a position. */
export interface Completion extends CompletionOption {
  /** What it replaces: the beginning that is typed already. */
  readonly range: Range;
}

/** Where something is being written. */
export interface CompletionContext {
  readonly document: LanguageDocument;
  /** Of the node. */
  readonly index: number;
  readonly scope: number;
}
