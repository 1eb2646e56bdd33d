import type { Range } from "./position.ts";

/** A text edit that mends what a diagnostic is about. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly range: Range; readonly newText: string }[];
  /** What is built may change with it, for example which packages are installed: to be applied only by who wants that. */
  readonly unsafe?: boolean;
}

/** A mistake in a Dockerfile, as a value. */
export interface Diagnostic {
  /** An error code (`UNKNOWN_INSTRUCTION`) or the id of a lint rule (`StageNameCasing`). */
  readonly code: string;
  /** `info` is advice: nothing is wrong without it. */
  readonly severity: "error" | "warning" | "info";
  /** One sentence; for what BuildKit judges, in BuildKit's words. */
  readonly message: string;
  readonly range: Range;
  /** What the author probably meant, what to do. */
  readonly hint?: string;
  /** Where the rule is explained. */
  readonly url?: string;
  readonly fix?: Fix;
}
