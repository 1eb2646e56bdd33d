const UNITS: readonly (readonly [unit: string, nanoseconds: number])[] = [
  ["h", 3_600e9],
  ["m", 60e9],
];

/** Nanoseconds as Go prints a duration, which is how history texts have it: `1m30s`, `1.5s`, `200ms`, `0s`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  let rest = nanoseconds;
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0 || text !== "") text += `${count}${unit}`;
    rest -= count * size;
  }
  return `${text}${rest / 1e9}s`;
}

/** A list as Go prints it: `[a b]`. */
export function formatList(words: readonly string[]): string {
  return `[${words.join(" ")}]`;
}
