/** A value that two documents have at the same place, and that is not the same. A side that is missing has none there. */
export interface ValueDifference {
  /** `config.Env[1]`, `history[3].created_by`. */
  readonly path: string;
  readonly a?: unknown;
  readonly b?: unknown;
}

/** What differs between two JSON values, the innermost places, in the order of `a`. */
export function valueDifferences(a: unknown, b: unknown, path = ""): readonly ValueDifference[] {
  if (isObject(a) && isObject(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].flatMap((name) => valueDifferences(a[name], b[name], path === "" ? name : `${path}.${name}`));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, at) => valueDifferences(a[at], b[at], `${path}[${at}]`)).flat();
  }
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  return [{ path, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
