/** The value in the middle: of an even count, the upper one. */
export function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

/** `2.5x`. */
export function ratio(left, right) {
  return `${(left / right).toFixed(2)}x`;
}

export function column(text, width) {
  return String(text).padEnd(width);
}
