import { readFileSync } from "node:fs";
import { usageError } from "../usage-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `KEY=value`; a bare `KEY` takes the host's value, and is left out where the host has none. */
export function parseKeyValues(words: readonly string[], env: Environment, flag: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const word of words) {
    const cut = word.indexOf("=");
    const key = cut === -1 ? word : word.slice(0, cut);
    if (key === "") throw usageError(`${flag} ${JSON.stringify(word)}: the name is missing`);
    const value = cut === -1 ? env[key] : word.slice(cut + 1);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** `KEY=value`; a bare `KEY` has an empty value (`--label`). */
export function parseLabels(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const cut = word.indexOf("=");
      if (cut === 0 || word === "") throw usageError(`--label ${JSON.stringify(word)}: the name is missing`);
      return cut === -1 ? [word, ""] : [word.slice(0, cut), word.slice(cut + 1)];
    }),
  );
}

/** The lines of an `--env-file`: `KEY=value` as it stands, comments and blank lines dropped. */
export function readEnvFile(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw usageError(`--env-file: cannot read ${file}`, { cause });
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
