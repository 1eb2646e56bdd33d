import { ALL_RULES, type Diagnostic, didYouMean, type FixOptions, suggest } from "@tsbuild/parser";
import { usageError } from "../usage-error.ts";

export type Severity = Diagnostic["severity"];

/** From the mildest on. */
const SEVERITIES: readonly Severity[] = ["info", "warning", "error"];
export const FORMATS = ["text", "json", "sarif", "github"] as const;
export type Format = (typeof FORMATS)[number];

/** The flags of `lint`. */
export interface LintFlags {
  readonly format: string;
  readonly severity: string;
  readonly skip?: readonly string[];
  readonly only?: readonly string[];
  readonly enable?: readonly string[];
  readonly setSeverity?: readonly string[];
  readonly fix?: boolean;
  readonly unsafeFixes?: boolean;
  readonly listRules?: boolean;
}

export interface LintSettings {
  readonly format: Format;
  /** What is as grave as this, or graver, makes the command fail. */
  readonly threshold: Severity;
  readonly fix: boolean;
  readonly options: FixOptions;
}

/** @throws TsbuildError USAGE for words that make no sense, and for rules that are not there */
export function readLintSettings(flags: LintFlags): LintSettings {
  const format = FORMATS.find((name) => name === flags.format);
  if (format === undefined) throw usageError(`--format ${flags.format}: known are ${FORMATS.join(", ")}`);
  const [skip, only, enable] = [rulesOf(flags.skip, "--skip"), rulesOf(flags.only, "--only"), enabledOf(flags.enable)];
  const options: FixOptions = {
    rules: ALL_RULES,
    skip: skip ?? [],
    ...(only === undefined ? {} : { only }),
    ...(enable === undefined ? {} : { experimental: enable }),
    severities: severitiesOf(flags.setSeverity ?? []),
    unsafe: flags.unsafeFixes ?? false,
  };
  const fix = flags.fix === true || flags.unsafeFixes === true;
  return { format, threshold: severityOf(flags.severity, "--severity"), fix, options };
}

/** Whether a finding is as grave as the threshold, or graver. */
export function reaches({ severity }: Pick<Diagnostic, "severity">, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(threshold);
}

function enabledOf(words: readonly string[] | undefined): readonly string[] | "all" | undefined {
  return words?.includes("all") ? "all" : rulesOf(words, "--enable");
}

/** Rules in one word are parted by commas. */
function rulesOf(words: readonly string[] | undefined, flag: string): readonly string[] | undefined {
  return words?.flatMap((word) => word.split(",")).map((id) => ruleOf(id.trim(), flag));
}

function ruleOf(id: string, flag: string): string {
  const ids = ALL_RULES.map((rule) => rule.id);
  if (ids.includes(id)) return id;
  const near = didYouMean(
    suggest(id, ids, { caseSensitive: false }) ?? ids.find((known) => sameIgnoringCase(known, id)),
  );
  throw usageError(`${flag} ${id}: no such rule${near}`, { hint: "tsbuild lint --list-rules lists them" });
}

function sameIgnoringCase(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function severitiesOf(words: readonly string[]): Record<string, Severity> {
  return Object.fromEntries(
    words.map((word) => {
      const [id = "", severity = ""] = word.split("=", 2);
      return [ruleOf(id, "--set-severity"), severityOf(severity, `--set-severity ${id}`)];
    }),
  );
}

function severityOf(text: string, flag: string): Severity {
  const found = SEVERITIES.find((severity) => severity === text);
  if (found === undefined) throw usageError(`${flag} ${text}: known are ${SEVERITIES.toReversed().join(", ")}`);
  return found;
}
