import type { Range } from "@tsbuild/parser";

/** Lines shown at most; of a longer range the middle is left out. */
const MAX_LINES = 14;
const AROUND = 2;

/** The lines of `text` at `range` with their numbers and two lines around; those of the range are marked. */
export function codeFrame(text: string, range: Range): string {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const lastOfRange = range.end.column === 0 ? Math.max(range.start.line, range.end.line - 1) : range.end.line;
  const first = Math.max(1, range.start.line - AROUND);
  const last = Math.min(lines.length, lastOfRange + AROUND);
  const width = String(last).length;
  const frame: string[] = [];
  for (let line = first; line <= last; line++) {
    const marked = line >= range.start.line && line <= lastOfRange;
    frame.push(` ${String(line).padStart(width)} | ${marked ? ">>>" : "   "} ${lines[line - 1] ?? ""}`.trimEnd());
  }
  const rule = "-".repeat(20);
  return [rule, ...shorten(frame), rule].join("\n");
}

function shorten(frame: readonly string[]): readonly string[] {
  if (frame.length <= MAX_LINES) return frame;
  const half = MAX_LINES / 2;
  return [...frame.slice(0, half), "   ...", ...frame.slice(-half)];
}
