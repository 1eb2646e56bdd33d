import type { Range } from "./position.ts";

/** A text edit that mends what a diagnostic is about. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly range: Range; readonly newText: string }[];
}

/** A mistake in a Dockerfile, as a value. */
export interface Diagnostic {
  /** An error code (`UNKNOWN_INSTRUCTION`) or the id of a lint rule (`StageNameCasing`). */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** One sentence; for what BuildKit judges, in BuildKit's words. */
  readonly message: string;
  readonly range: Range;
  /** What the author probably meant, what to do. */
  readonly hint?: string;
  /** Where the rule is explained. */
  readonly url?: string;
  readonly fix?: Fix;
}
