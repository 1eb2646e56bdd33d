import type { Diagnostic, Fix } from "../diagnostic.ts";
import type { Range } from "../position.ts";

export interface ProblemOptions {
  readonly hint?: string | undefined;
  readonly fix?: Fix | undefined;
}

/** Ends the reading of one instruction. Never leaves the package: `parseDockerfile` turns it into its diagnostic. */
export class Problem extends Error {
  readonly diagnostic: Diagnostic;

  constructor(code: string, message: string, range: Range, { hint, fix }: ProblemOptions = {}) {
    super(message);
    this.name = "Problem";
    this.diagnostic = {
      code,
      severity: "error",
      message,
      range,
      ...(hint === undefined ? {} : { hint }),
      ...(fix === undefined ? {} : { fix }),
    };
  }
}

/** The replacement of one piece of text as a quick fix. */
export function replacement(title: string, range: Range, newText: string): Fix {
  return { title, edits: [{ range, newText }] };
}
