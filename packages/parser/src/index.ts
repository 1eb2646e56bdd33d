export type * from "./ast.ts";
export type { Diagnostic, Fix } from "./diagnostic.ts";
export { detectSyntax, type SyntaxDirective } from "./directives.ts";
export { describedBy } from "./doc-comment.ts";
export {
  type ExpandOptions,
  type Expansion,
  type ExpansionError,
  expand,
  expandWords,
  type WordsExpansion,
} from "./expand.ts";
export type { FlagError } from "./flags/csv.ts";
export { type Device, parseDeviceFlag } from "./flags/parse-device.ts";
export { parseDuration } from "./flags/parse-duration.ts";
export {
  type CacheSharing,
  checkMountFlag,
  type Mount,
  type MountType,
  parseMountFlag,
  type WordExpander,
} from "./flags/parse-mount.ts";
export { type PortSpec, parsePortSpec, parsePorts } from "./flags/parse-ports.ts";
export { signalNumber } from "./flags/stop-signal.ts";
export { type FormatOptions, formatDiagnostic } from "./format-diagnostic.ts";
export { type GitReference, parseGitReference } from "./git-reference.ts";
export { cleanPath } from "./ignore/clean-path.ts";
export { compileGoMatch, goMatch } from "./ignore/go-match.ts";
export { type IgnoreFile, type IgnorePattern, parseIgnoreFile, patternError } from "./ignore/ignore-file.ts";
export { createIgnoreMatcher, type IgnoreMatcher } from "./ignore/ignore-matcher.ts";
export { isValidStageName } from "./instructions/from.ts";
export { INSTRUCTION_NAMES } from "./instructions/read-instruction.ts";
export * from "./language/index.ts";
export { BUILDKIT_RULES } from "./lint/buildkit-rules.ts";
export { type AppliedFixes, type ApplyOptions, applyFixes } from "./lint/fix/apply-fixes.ts";
export { type FixedDockerfile, type FixOptions, fixDockerfile } from "./lint/fix/fix-dockerfile.ts";
export { type ExpandedWord, expandedWords } from "./lint/flow/expanded-words.ts";
export type { BaseImage } from "./lint/flow/flow.ts";
export { type LintConfig, parseLintConfig } from "./lint/lint-config.ts";
export { type LintOptions, lintDockerfile } from "./lint/lint-dockerfile.ts";
export type { Finding, LintFacts, LintRule } from "./lint/rule.ts";
export { ALL_RULES, TSBUILD_RULES } from "./lint/tsbuild-rules.ts";
export { type ParseResult, parseDockerfile } from "./parse.ts";
export type { Position, Range } from "./position.ts";
export { type FormatDockerfileOptions, type FormattedDockerfile, formatDockerfile } from "./print/format-dockerfile.ts";
export { printDockerfile } from "./print/print-dockerfile.ts";
export type { SyntaxNode, SyntaxTree } from "./syntax/syntax-node.ts";
export { quote } from "./text/go-strings.ts";
export { didYouMean, type SuggestOptions, suggest } from "./text/suggest.ts";
