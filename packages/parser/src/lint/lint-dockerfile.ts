import type { Diagnostic } from "../diagnostic.ts";
import type { IgnorePattern } from "../ignore/ignore-file.ts";
import { type ParseResult, parseDockerfile } from "../parse.ts";
import { BUILDKIT_RULES } from "./buildkit-rules.ts";
import { analyze, EMPTY_FLOW } from "./flow/analyze.ts";
import type { FlowOptions } from "./flow/flow.ts";
import { ignoreComments } from "./ignore-comments.ts";
import {
  DEFAULT_LINT_CONFIG,
  type LintConfig,
  mergeLintConfig,
  parseLintConfig,
  withCommentConfig,
} from "./lint-config.ts";
import type { Finding, LintFacts, LintRule } from "./rule.ts";
import { runScripts } from "./shell-script/run-scripts.ts";
import { stageTree } from "./stage-tree.ts";

export interface LintOptions extends FlowOptions {
  /** Ids of rules that are off, on top of what the file says. */
  readonly skip?: readonly string[];
  /** Ids of experimental rules that are on, or `all`. */
  readonly experimental?: readonly string[] | "all";
  /** Of the `.dockerignore`, for CopyIgnoredFile. */
  readonly ignorePatterns?: readonly IgnorePattern[];
  /** @default BuildKit's */
  readonly rules?: readonly LintRule[];
  /** Of the rules only these, by id: experimental ones too, and whatever the file skips. */
  readonly only?: readonly string[];
  /** By the rule's id. `error=true` of a file's `# check=` beats them. */
  readonly severities?: Readonly<Record<string, Diagnostic["severity"]>>;
}

/**
 * Checks a Dockerfile against rules and honours its `# check=` comments. Findings come in the order of the file; errors of
 * the parser are not among them, and behind the first of those only what needs no whole tree is checked.
 */
export function lintDockerfile(input: string | ParseResult, options: LintOptions = {}): Diagnostic[] {
  const parsed = typeof input === "string" ? parseDockerfile(input) : input;
  const config = configOf(parsed, options);
  const facts = factsOf(parsed, options);
  const isIgnored = ignoreComments(parsed.syntax.nodes);
  const diagnostics: Diagnostic[] = [];
  for (const rule of rulesOf(options)) {
    for (const finding of rule.check(facts)) {
      if (isOn(rule, finding, config, options) && !isIgnored(rule.id, finding.range.start.line))
        diagnostics.push(diagnosticOf(rule, finding, { config, options }));
    }
  }
  return diagnostics.sort(byPlace);
}

function rulesOf({ rules = BUILDKIT_RULES, only }: LintOptions): readonly LintRule[] {
  return only === undefined ? rules : rules.filter(({ id }) => only.includes(id));
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
  const nodes = syntax.nodes.filter(({ range }) => range.end.line < firstError);
  const stages = isSound ? dockerfile.stages : [];
  const flow = isSound ? analyze(dockerfile, options) : EMPTY_FLOW;
  const tree = stageTree(stages, flow);
  const { emptyContinuations } = syntax;
  const { ignorePatterns = [] } = options;
  let runs: LintFacts["runs"] | undefined;
  return {
    ...{ nodes, emptyContinuations, stages, flow, ignorePatterns, dockerfile, tree },
    get runs() {
      runs ??= runScripts({ stages, nodes, escapeToken: dockerfile.escape, flow, tree });
      return runs;
    },
  };
}

function isOn({ id, experimental }: LintRule, { comments = [] }: Finding, config: LintConfig, { only }: LintOptions) {
  if (only !== undefined) return true;
  const { experimentalAll, experimental: asked, skipAll, skip } = withCommentConfig(config, comments);
  return experimental === true ? experimentalAll || asked.has(id) : !skipAll && !skip.has(id);
}

interface Settings {
  readonly config: LintConfig;
  readonly options: LintOptions;
}

function diagnosticOf(rule: LintRule, finding: Finding, { config, options }: Settings): Diagnostic {
  const { range, message, hint, fix } = finding;
  const ownSeverity = options.severities?.[rule.id] ?? rule.severity ?? "warning";
  return {
    code: rule.id,
    severity: config.error ? "error" : ownSeverity,
    message,
    range,
    hint: hint ?? rule.title,
    ...(rule.url === undefined ? {} : { url: rule.url }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function byPlace(left: Diagnostic, right: Diagnostic): number {
  const lines = left.range.start.line - right.range.start.line;
  if (lines !== 0) return lines;
  return left.message < right.message ? -1 : Number(left.message > right.message);
}
