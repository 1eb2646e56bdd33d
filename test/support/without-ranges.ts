/** Where something stands, and the words of diagnostics, which differ with it. */
const PLACES: ReadonlySet<string> = new Set(["range", "argsRange", "argsSpan", "error"]);

/** A tree without the places of its parts. */
export function withoutRanges(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value: unknown) => (PLACES.has(key) ? undefined : value)));
}
