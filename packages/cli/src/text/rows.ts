import type { Context } from "../context.ts";
import { formatTable } from "./table.ts";
import { renderTemplate } from "./template.ts";

/** How a listing is printed. */
export type RowFormat = { readonly kind: "table" } | { readonly kind: "json" } | TemplateFormat;

interface TemplateFormat {
  readonly kind: "template";
  readonly template: string;
  /** `table {{.A}}\t{{.B}}`: cells apart by tabs, brought into columns. */
  readonly columns: boolean;
}

/** Reads `--format`: `table`, `json`, or a template. */
export function parseFormat(text = "table"): RowFormat {
  if (text === "table" || text === "") return { kind: "table" };
  if (text === "json") return { kind: "json" };
  const columns = text.startsWith("table ");
  return { kind: "template", template: columns ? text.slice("table ".length) : text, columns };
}

export interface RowsOptions<Field extends string> {
  readonly format: RowFormat;
  /** Headings and fields of the table. */
  readonly columns: readonly (readonly [heading: string, field: Field])[];
}

/** Prints rows as a table with headings, one JSON object a line, or one filled-in template a line. */
export function printRows<Field extends string>(
  context: Context,
  rows: readonly Readonly<Record<Field, string>>[],
  { format, columns }: RowsOptions<Field>,
): void {
  if (format.kind === "json") {
    for (const row of rows) context.print(JSON.stringify(row));
  } else if (format.kind === "template") {
    const lines = rows.map((row) => renderTemplate(format.template.replaceAll("\\t", "\t"), row));
    if (!format.columns) for (const line of lines) context.print(line);
    else context.print(formatTable(lines.map((line) => line.split("\t"))));
  } else {
    const headings = columns.map(([heading]) => heading);
    context.print(formatTable([headings, ...rows.map((row) => columns.map(([, field]) => row[field]))]));
  }
}
