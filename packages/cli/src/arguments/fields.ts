import { usageError } from "../usage-error.ts";

/**
 * Reads `key=value,key2=value2` as Docker's CSV flags have it: a field in double quotes may hold commas.
 * @throws TsbuildError USAGE where a key is not in `allowed`
 */
export function parseFields(text: string, flag: string, allowed: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const field of splitCsv(text)) {
    const cut = field.indexOf("=");
    const key = (cut === -1 ? field : field.slice(0, cut)).trim().toLowerCase();
    if (!allowed.includes(key)) {
      throw usageError(`${flag} ${text}: unknown field ${JSON.stringify(key)}`, {
        hint: `known: ${allowed.join(", ")}`,
      });
    }
    fields[key] = cut === -1 ? "true" : field.slice(cut + 1);
  }
  return fields;
}

/** The fields of one line of CSV. */
export function splitCsv(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare = ""]) =>
    quoted === undefined ? bare : quoted.replaceAll('""', '"'),
  );
}

/** Reads `true`, `1`, `false`, `0` as a field's value. */
export function parseSwitch(value: string | undefined, what: string): boolean {
  if (value === undefined || /^(?:false|0)$/i.test(value)) return false;
  if (/^(?:true|1)$/i.test(value)) return true;
  throw usageError(`${what}: ${JSON.stringify(value)} is neither true nor false`);
}

/** For commander: collects the values of a flag that may stand several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
