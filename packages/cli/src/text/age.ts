const STEPS: readonly (readonly [seconds: number, word: string])[] = [
  [365 * 86_400, "year"],
  [30 * 86_400, "month"],
  [7 * 86_400, "week"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** How long ago `time` (RFC 3339) was: `3 days ago`. */
export function humanAge(time: string | undefined, now: number): string {
  const then = Date.parse(time ?? "");
  if (Number.isNaN(then)) return "N/A";
  const seconds = Math.floor((now - then) / 1000);
  // A little more than one is still told in the smaller word, as Docker does: 36 hours, not 1 day.
  const [size, word] = STEPS.find(([length]) => seconds >= 2 * length) ?? [1, "second"];
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${word}${count === 1 ? "" : "s"} ago`;
}
