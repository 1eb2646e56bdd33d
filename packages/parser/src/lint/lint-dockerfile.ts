import type { Diagnostic } from "../diagnostic.ts";
import type { IgnorePattern } from "../ignore/ignore-file.ts";
import { type ParseResult, parseDockerfile } from "../parse.ts";
import { BUILDKIT_RULES } from "./buildkit-rules.ts";
import { analyze, EMPTY_FLOW } from "./flow/analyze.ts";
import type { FlowOptions } from "./flow/flow.ts";
import {
  DEFAULT_LINT_CONFIG,
  type LintConfig,
  mergeLintConfig,
  parseLintConfig,
  withCommentConfig,
} from "./lint-config.ts";
import type { Finding, LintFacts, LintRule } from "./rule.ts";

export interface LintOptions extends FlowOptions {
  /** Ids of rules that are off, on top of what the file says. */
  readonly skip?: readonly string[];
  /** Ids of experimental rules that are on, or `all`. */
  readonly experimental?: readonly string[] | "all";
  /** Of the `.dockerignore`, for CopyIgnoredFile. */
  readonly ignorePatterns?: readonly IgnorePattern[];
  /** @default BuildKit's */
  readonly rules?: readonly LintRule[];
}

/**
 * Checks a Dockerfile against rules and honours its `# check=` comments. Findings come in the order of the file; errors of
 * the parser are not among them, and behind the first of those only what needs no whole tree is checked.
 */
export function lintDockerfile(input: string | ParseResult, options: LintOptions = {}): Diagnostic[] {
  const parsed = typeof input === "string" ? parseDockerfile(input) : input;
  const config = configOf(parsed, options);
  const facts = factsOf(parsed, options);
  const diagnostics: Diagnostic[] = [];
  for (const rule of options.rules ?? BUILDKIT_RULES) {
    for (const finding of rule.check(facts)) {
      if (isOn(rule, withCommentConfig(config, finding.comments ?? [])))
        diagnostics.push(diagnosticOf(rule, finding, config));
    }
  }
  return diagnostics.sort(byPlace);
}

function configOf({ dockerfile }: ParseResult, { skip = [], experimental = [] }: LintOptions): LintConfig {
  const check = dockerfile.directives.find(({ name }) => name === "check");
  const ofFile = parseLintConfig(check?.value.split(" ", 1)[0] ?? "") ?? DEFAULT_LINT_CONFIG;
  return mergeLintConfig(ofFile, {
    ...DEFAULT_LINT_CONFIG,
    skip: new Set(skip),
    experimental: new Set(experimental === "all" ? [] : experimental),
    experimentalAll: experimental === "all",
  });
}

function factsOf({ dockerfile, diagnostics, syntax }: ParseResult, options: LintOptions): LintFacts {
  const isSound = diagnostics.every(({ severity }) => severity !== "error");
  const firstError = Math.min(...diagnostics.map(({ range }) => range.start.line));
  return {
    nodes: syntax.nodes.filter(({ range }) => range.end.line < firstError),
    emptyContinuations: syntax.emptyContinuations,
    stages: isSound ? dockerfile.stages : [],
    flow: isSound ? analyze(dockerfile, options) : EMPTY_FLOW,
    ignorePatterns: options.ignorePatterns ?? [],
  };
}

function isOn({ id, experimental }: LintRule, config: LintConfig): boolean {
  if (experimental === true) return config.experimentalAll || config.experimental.has(id);
  return !config.skipAll && !config.skip.has(id);
}

function diagnosticOf(rule: LintRule, { range, message, fix }: Finding, { error }: LintConfig): Diagnostic {
  return {
    code: rule.id,
    severity: error ? "error" : "warning",
    message,
    range,
    hint: rule.title,
    ...(rule.url === undefined ? {} : { url: rule.url }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function byPlace(left: Diagnostic, right: Diagnostic): number {
  const lines = left.range.start.line - right.range.start.line;
  if (lines !== 0) return lines;
  return left.message < right.message ? -1 : Number(left.message > right.message);
}
