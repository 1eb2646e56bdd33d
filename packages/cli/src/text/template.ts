import { usageError } from "../usage-error.ts";

/**
 * Fills in a template of Docker's `--format`, as far as scripts use them: `{{.Field.Sub}}`, `{{json .Field}}`,
 * `{{index .Field "key"}}`, `{{len .Field}}`, `{{println .Field}}`, `{{range .Field}}...{{end}}`, `{{if .Field}}...{{end}}`.
 * A field that is not there is `<no value>`, as in Go.
 * @throws TsbuildError USAGE where the template says something else
 */
export function renderTemplate(template: string, value: unknown): string {
  const pieces = [...template.matchAll(/\{\{-?\s*(.*?)\s*-?\}\}|((?:(?!\{\{).)+)/gs)].map(([, action, text]) =>
    action === undefined ? { text: text ?? "" } : { action },
  );
  const { output, next } = renderPieces(pieces, 0, value);
  if (next < pieces.length) throw usageError(`--format: {{end}} without {{range}} or {{if}}`);
  return output;
}

type Piece = { readonly text: string } | { readonly action: string };

function renderPieces(pieces: readonly Piece[], from: number, value: unknown): { output: string; next: number } {
  let output = "";
  let at = from;
  while (at < pieces.length) {
    const piece = pieces[at];
    at += 1;
    if (piece === undefined) break;
    if ("text" in piece) output += piece.text;
    else if (piece.action === "end") return { output, next: at - 1 };
    else {
      const [, keyword, argument = ""] = /^(range|if)\s+(.*)$/s.exec(piece.action) ?? [];
      if (keyword === undefined) {
        output += evaluate(piece.action, value);
        continue;
      }
      const items = itemsOf(lookup(argument, value), keyword, value);
      for (const item of items) output += renderPieces(pieces, at, item).output;
      at = renderPieces(pieces, at, undefined).next + 1;
      if (at > pieces.length) throw usageError(`--format: {{${keyword}}} without {{end}}`);
    }
  }
  return { output, next: at };
}

/** What the body of a `range` or `if` is rendered with, once each. */
function itemsOf(found: unknown, keyword: string, outer: unknown): readonly unknown[] {
  const empty = found === undefined || found === null || found === false || found === "" || found === 0;
  if (keyword === "if") return empty || lengthOf(found) === 0 ? [] : [outer];
  if (Array.isArray(found)) return found;
  return typeof found === "object" && found !== null ? Object.values(found) : [];
}

function evaluate(action: string, value: unknown): string {
  const [name = "", ...words] = action.match(/"[^"]*"|\S+/g) ?? [];
  const found = lookup(words[0] ?? ".", value);
  if (name.startsWith(".")) return plain(lookup(name, value));
  switch (name) {
    case "json":
      return JSON.stringify(found ?? null);
    case "println":
      return `${plain(found)}\n`;
    case "len":
      return String(lengthOf(found) ?? 0);
    case "index":
      return plain(words.slice(1).reduce<unknown>((at, key) => child(at, key.replace(/^"(.*)"$/, "$1")), found));
    default:
      throw usageError(`--format: cannot read {{${action}}}`, {
        hint: "fields ({{.A.B}}), json, index, len, println, range and if are known",
      });
  }
}

function lookup(path: string, value: unknown): unknown {
  if (!path.startsWith(".")) throw usageError(`--format: ${JSON.stringify(path)} is no field: write .${path}`);
  return path
    .split(".")
    .filter((key) => key !== "")
    .reduce<unknown>(child, value);
}

function child(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
}

/** As Go prints it: lists in brackets, maps as `map[key:value]`. */
function plain(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(plain).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([key, item]) => `${key}:${plain(item)}`).join(" ")}]`;
}
