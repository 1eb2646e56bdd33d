const NEWLINE = 10;

/** Joins what was left of the last chunk with the next one and cuts off the lines that are complete, as text. */
export function splitLines(
  left: Uint8Array,
  data: Uint8Array,
): { readonly lines: string[]; readonly rest: Uint8Array } {
  const last = data.lastIndexOf(NEWLINE);
  if (last === -1) return { lines: [], rest: Buffer.concat([left, data]) };
  const complete = Buffer.concat([left, data.subarray(0, last)]).toString("utf8");
  return { lines: complete.split("\n").map(visible), rest: data.slice(last + 1) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROL = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|[\x00-\x08\x0b-\x1f\x7f]/g;

/** What a terminal would show of a line in the end: after the last carriage return, without control sequences. */
export function visible(line: string): string {
  const trimmed = line.endsWith("\r") ? line.slice(0, -1) : line;
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1).replace(CONTROL, "");
}
