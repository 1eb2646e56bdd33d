import type { Diagnostic, Fix } from "../../diagnostic.ts";
import { createOffsets } from "./offsets.ts";

export interface ApplyOptions {
  /**
   * Also fixes that may change what is built.
   * @default false
   */
  readonly unsafe?: boolean;
}

export interface AppliedFixes {
  readonly text: string;
  /** Diagnostics whose fix is in the text. */
  readonly applied: readonly Diagnostic[];
  /** Diagnostics that have a fix which was not applied: it is unsafe, or is in the way of one that was. */
  readonly skipped: readonly Diagnostic[];
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/**
 * Applies the fixes of diagnostics to the text that these are about. Each fix is applied as a whole or not at all; of
 * fixes that overlap the first counts, so that the others can be made when the new text is checked again.
 */
export function applyFixes(text: string, diagnostics: readonly Diagnostic[], options: ApplyOptions = {}): AppliedFixes {
  const offsetOf = createOffsets(text);
  const edits: Edit[] = [];
  const applied: Diagnostic[] = [];
  const skipped: Diagnostic[] = [];
  let taken = -1;
  for (const { diagnostic, own } of inOrder(diagnostics, offsetOf)) {
    const [first] = own;
    const isWanted = options.unsafe === true || diagnostic.fix?.unsafe !== true;
    if (!isWanted || first === undefined || first.start < taken || overlap(own)) {
      skipped.push(diagnostic);
      continue;
    }
    // Two insertions at one place are as good as an overlap: their order would be a matter of luck.
    taken = Math.max(...own.map(({ end }) => end)) + 1;
    edits.push(...own);
    applied.push(diagnostic);
  }
  return { text: applyEdits(text, edits), applied, skipped };
}

interface Candidate {
  readonly diagnostic: Diagnostic;
  /** In order. */
  readonly own: readonly Edit[];
}

function inOrder(diagnostics: readonly Diagnostic[], offsetOf: ReturnType<typeof createOffsets>): Candidate[] {
  const toEdit = ({ range, newText }: Fix["edits"][number]): Edit => {
    return { start: offsetOf(range.start), end: offsetOf(range.end), newText };
  };
  return diagnostics
    .flatMap((diagnostic) => {
      const own = diagnostic.fix?.edits.map(toEdit).sort((left, right) => left.start - right.start) ?? [];
      return own.length === 0 ? [] : { diagnostic, own };
    })
    .sort((left, right) => (left.own[0]?.start ?? 0) - (right.own[0]?.start ?? 0));
}

function overlap(edits: readonly Edit[]): boolean {
  return edits.some(({ start, end }, index) => end < start || start < (edits[index - 1]?.end ?? 0));
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, newText } of edits) {
    parts.push(text.slice(at, start), newText);
    at = end;
  }
  return parts.join("") + text.slice(at);
}
