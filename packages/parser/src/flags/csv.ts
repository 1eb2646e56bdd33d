/** What is wrong with a flag's value, in BuildKit's words. */
export interface FlagError {
  readonly error: string;
}

/** Splits one line of comma separated values; a field in double quotes may have commas, and doubled quotes for quotes. */
export function splitCsv(line: string): string[] | FlagError {
  const text = line.replace(/\r?\n$/, "");
  if (text === "") return { error: "EOF" };
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = text[at] === '"' ? readQuoted(text, at) : readBare(text, at);
    if ("error" in field) return field;
    fields.push(field.text);
    if (field.end >= text.length) return fields;
    at = field.end + 1;
  }
}

type Field = { readonly text: string; readonly end: number } | FlagError;

function readBare(text: string, start: number): Field {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const field = text.slice(start, end);
  const quote = field.indexOf('"');
  return quote < 0 ? { text: field, end } : csvError(start + quote, 'bare " in non-quoted-field');
}

function readQuoted(text: string, start: number): Field {
  let value = "";
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return csvError(from, 'extraneous or missing " in quoted-field');
    value += text.slice(from, quote);
    const following = text[quote + 1];
    if (following === undefined || following === ",") return { text: value, end: quote + 1 };
    if (following !== '"') return csvError(quote, 'extraneous or missing " in quoted-field');
    value += '"';
    from = quote + 2;
  }
}

function csvError(at: number, reason: string): FlagError {
  return { error: `parse error on line 1, column ${at + 1}: ${reason}` };
}
