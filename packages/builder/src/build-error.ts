import { type Digest, TsbuildError, type TsbuildErrorOptions } from "@tsbuild/oci";
import type { Diagnostic, Range } from "@tsbuild/parser";

/** What a program may act on after a failed build, besides `code`, `message` and `hint`. */
export interface BuildErrorDetails {
  /** The step that failed. */
  readonly vertex?: Digest | undefined;
  /** The step's name: `[build 2/5] RUN npm ci`. */
  readonly vertexName?: string | undefined;
  /** Where in the Dockerfile the step stands. */
  readonly range?: Range | undefined;
  /** What is wrong with the Dockerfile (DOCKERFILE_INVALID). */
  readonly diagnostics?: readonly Diagnostic[];
  /** How the command ended (COMMAND_FAILED). */
  readonly exitCode?: number | undefined;
  /** The last lines that the command wrote, oldest first (COMMAND_FAILED). */
  readonly logTail?: readonly string[];
}

/** A build that failed. Codes of what happens below (registry, store, runtime) pass through unchanged. */
export class BuildError<Code extends string = string> extends TsbuildError<Code> {
  override readonly name: string = "BuildError";
  readonly vertex: Digest | undefined;
  readonly vertexName: string | undefined;
  readonly range: Range | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: number | undefined;
  readonly logTail: readonly string[];

  constructor(code: Code, message: string, options: TsbuildErrorOptions & BuildErrorDetails = {}) {
    super(code, message, options);
    this.vertex = options.vertex;
    this.vertexName = options.vertexName;
    this.range = options.range;
    this.diagnostics = options.diagnostics ?? [];
    this.exitCode = options.exitCode;
    this.logTail = options.logTail ?? [];
  }
}
