const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size as Docker writes it: powers of 1000, about three digits (`1.23kB`, `45.6MB`). */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 ? String(value) : String(Number(value.toPrecision(3)));
  return `${text}${UNITS[unit]}`;
}
