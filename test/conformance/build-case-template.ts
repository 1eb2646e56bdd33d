/** The few forms of Go templates in which cases ask for a part of an image. */
const FORMS: readonly (readonly [RegExp, (value: unknown, argument: string) => string])[] = [
  [/^len (\.\S+)$/, (value) => String(lengthOf(value))],
  [/^printf "%q" (\.\S+)$/, (value) => quoted(value)],
  [/^index (\.\S+) "([^"]*)"$/, (value, key) => shown((value as Record<string, unknown> | undefined)?.[key])],
  [/^json (\.\S+)$/, (value) => JSON.stringify(value ?? null)],
  [/^(\.\S+)$/, (value) => shown(value)],
];

/** Fills `{{...}}` of `template` from `data`, whose members are found by their Go names. */
export function renderTemplate(template: string, data: unknown): string {
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, action: string) => {
    for (const [pattern, render] of FORMS) {
      const match = pattern.exec(action);
      if (match !== null) return render(select(data, (match[1] ?? "").slice(1).split(".")), match[2] ?? "");
    }
    throw new Error(`a template of an unknown form: ${action}`);
  });
}

/**
 * Follows a path of Go field names, map keys and indexes (negative: from the end) through JSON. A field's name matches
 * whatever way its JSON spells it: `CreatedBy`, `created_by`; `OSVersion`, `os.version`.
 */
export function select(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (found === undefined || found === null) return undefined;
    found = member(found, key);
  }
  return found;
}

function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value.at(indexOf(key));
  if (key === "Unix()") return Date.parse(String(value)) / 1000;
  const record = value as Record<string, unknown>;
  if (Object.hasOwn(record, key)) return record[key];
  const name = Object.keys(record).find((candidate) => folded(candidate) === folded(String(key)));
  return name === undefined ? undefined : record[name];
}

/** `(len(...) - 1)` stands where upstream computes an index from the end. */
function indexOf(key: string | number): number {
  return typeof key === "number" ? key : Number(/(-)\s*(\d+)\)$/.exec(key)?.slice(1).join("") ?? key);
}

function folded(name: string): string {
  return name.replace(/[._-]/g, "").toLowerCase();
}

function lengthOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return typeof value === "string" || Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** As `%q` prints strings, lists and maps. */
function quoted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(quoted).join(" ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  const entries = Object.entries((value ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, each]) => `${JSON.stringify(key)}:${quoted(each)}`).join(" ")}]`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? quoted(value).replaceAll('"', "") : String(value);
}
