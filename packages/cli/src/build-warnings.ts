import type { BuildResult, DockerfileOptions } from "@tsbuild/builder";
import { TsbuildError } from "@tsbuild/oci";
import { type Diagnostic, lintDockerfile } from "@tsbuild/parser";
import { lintOptionsOf } from "./call/lint-options.ts";
import type { SourceText } from "./report.ts";

interface Built {
  /** What was built; undefined where it was no Dockerfile. */
  readonly options: DockerfileOptions | undefined;
  readonly source: SourceText | undefined;
  readonly result: Pick<BuildResult, "warnings">;
}

/** What a build tells in the end of its Dockerfile: what it found itself and what BuildKit's rules find, a line for each. */
export function warningLines({ options, source, result }: Built): readonly string[] {
  const linted =
    options === undefined || source === undefined ? [] : lintDockerfile(source.text, lintOptionsOf(options));
  const messages = new Set(linted.map(({ message }) => message));
  const found = [...linted, ...result.warnings.filter(({ message }) => !messages.has(message))];
  if (found.length === 0) return [];
  const count = found.length === 1 ? "1 warning" : `${found.length} warnings`;
  return [`${count} found (use --check to expand):`, ...found.map(line)];
}

function line({ code, message, range }: Diagnostic): string {
  return ` - ${code}: ${message} (line ${range.start.line})`;
}

/**
 * Honours `# check=error=true`.
 * @throws TsbuildError LINT_VIOLATION where the file wants what the rules find to stop a build
 */
export function refuseViolations(text: string, options: DockerfileOptions): void {
  const rules = lintDockerfile(text, lintOptionsOf(options)).filter(({ severity }) => severity === "error");
  if (rules.length === 0) return;
  const names = [...new Set(rules.map(({ code }) => code))].join(", ");
  throw new TsbuildError("LINT_VIOLATION", `lint violation found for rules: ${names}`, {
    hint: 'the Dockerfile says "check=error=true"; --check shows the places',
  });
}
