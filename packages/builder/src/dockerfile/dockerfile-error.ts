import { TsbuildError } from "@tsbuild/oci";
import type { Diagnostic, Range } from "@tsbuild/parser";

/**
 * A Dockerfile that says something that cannot be built. `diagnostics` holds every mistake that was found, in the order
 * of finding: the first one is what BuildKit would report.
 */
export class DockerfileError extends TsbuildError<"DOCKERFILE_INVALID"> {
  override readonly name: string = "DockerfileError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], options: { readonly cause?: unknown } = {}) {
    const [first] = diagnostics;
    const hint = first?.hint;
    super("DOCKERFILE_INVALID", summary(diagnostics), { ...options, ...(hint === undefined ? {} : { hint }) });
    this.diagnostics = diagnostics;
  }
}

/** Options of {@link mistake}. */
export interface MistakeOptions {
  /** @default "INSTRUCTION_INVALID" */
  readonly code?: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The error for one mistake: whoever goes through the instructions gathers them. */
export function mistake(message: string, range: Range | undefined, options: MistakeOptions = {}): DockerfileError {
  const { code = "INSTRUCTION_INVALID", hint } = options;
  const diagnostic: Diagnostic = {
    code,
    severity: "error",
    message,
    range: range ?? TOP,
    ...(hint === undefined ? {} : { hint }),
  };
  return new DockerfileError([diagnostic], "cause" in options ? { cause: options.cause } : {});
}

/** Where a mistake stands that is in no line: an unknown target, a wrong build argument. */
const TOP: Range = { start: { line: 1, column: 0 }, end: { line: 1, column: 0 } };

function summary(diagnostics: readonly Diagnostic[]): string {
  const [first, ...rest] = diagnostics;
  if (first === undefined) return "the Dockerfile is invalid";
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more)`;
  return `Dockerfile line ${first.range.start.line}: ${first.message}${more}`;
}
