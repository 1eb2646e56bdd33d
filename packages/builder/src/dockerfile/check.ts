import { type Diagnostic, type LintOptions, lintDockerfile, type ParseResult } from "@tsbuild/parser";
import { encodeSource, locationOf, type SourceLocation } from "./source-location.ts";

/** What BuildKit's rules find, in the shape of its `frontend.lint`. What is empty is left out. */
export interface CheckResult {
  readonly warnings: readonly CheckWarning[];
  readonly sources: readonly CheckSource[];
  /** Why the file cannot be built. */
  readonly buildError?: { readonly message: string; readonly location: SourceLocation };
}

export interface CheckWarning {
  readonly ruleName: string;
  readonly description?: string;
  readonly url?: string;
  readonly detail: string;
  readonly location: SourceLocation;
}

export interface CheckSource {
  readonly filename: string;
  readonly language: "Dockerfile";
  /** In base64. */
  readonly data: string;
}

export interface CheckRequest {
  readonly fileName: string;
  readonly text: string;
}

/** Checks a Dockerfile with BuildKit's rules. */
export function checkDockerfile(
  parsed: ParseResult,
  { fileName, text }: CheckRequest,
  options: LintOptions = {},
): CheckResult {
  const [mistake] = parsed.diagnostics;
  const warnings = lintDockerfile(parsed, options).map(asWarning);
  const source: CheckSource = { filename: fileName, language: "Dockerfile", data: encodeSource(text) };
  return {
    warnings,
    sources: [source],
    ...(mistake === undefined ? {} : { buildError: { message: mistake.message, location: locationOf(mistake.range) } }),
  };
}

function asWarning({ code, hint, url, message, range }: Diagnostic): CheckWarning {
  return {
    ruleName: code,
    ...(hint === undefined ? {} : { description: hint }),
    ...(url === undefined ? {} : { url }),
    detail: message,
    location: locationOf(range),
  };
}
