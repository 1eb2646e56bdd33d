import type { Diagnostic } from "../../diagnostic.ts";
import { type ParseResult, parseDockerfile } from "../../parse.ts";
import { type LintOptions, lintDockerfile } from "../lint-dockerfile.ts";
import { type AppliedFixes, type ApplyOptions, applyFixes } from "./apply-fixes.ts";

export interface FixOptions extends LintOptions, ApplyOptions {}

export interface FixedDockerfile {
  readonly text: string;
  /** What was mended, in the order in which that was done; ranges are those in the text of its time. */
  readonly applied: readonly Diagnostic[];
  /** What the rules find in the new text. */
  readonly remaining: readonly Diagnostic[];
}

/** One fix makes room for another; more rounds than that would be two rules that undo each other. */
const MAX_ROUNDS = 10;

/**
 * Mends what the rules know to mend: again and again until nothing is left to do. A fix after which the text would not
 * parse to the same instructions is left out.
 */
export function fixDockerfile(text: string, options: FixOptions = {}): FixedDockerfile {
  const applied: Diagnostic[] = [];
  let current = parseDockerfile(text);
  let now = text;
  let found = lintDockerfile(current, options);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const step = applySoundly(now, { found, before: current, options });
    if (step.applied.length === 0) break;
    applied.push(...step.applied);
    now = step.text;
    current = parseDockerfile(now);
    found = lintDockerfile(current, options);
  }
  return { text: now, applied, remaining: found };
}

interface Round {
  readonly found: readonly Diagnostic[];
  readonly before: ParseResult;
  readonly options: ApplyOptions;
}

/** All at once where that goes well, else one by one, without those that harm. */
function applySoundly(text: string, { found, before, options }: Round): Pick<AppliedFixes, "text" | "applied"> {
  const all = applyFixes(text, found, options);
  if (isSound(before, all.text)) return all;
  for (const diagnostic of found) {
    const one = applyFixes(text, [diagnostic], options);
    if (one.applied.length > 0 && isSound(before, one.text)) return one;
  }
  return { text, applied: [] };
}

/** Whether a text has no error that was not there before, and as many instructions. */
function isSound(before: ParseResult, text: string): boolean {
  const after = parseDockerfile(text);
  return (
    after.diagnostics.length <= before.diagnostics.length && after.syntax.nodes.length === before.syntax.nodes.length
  );
}
