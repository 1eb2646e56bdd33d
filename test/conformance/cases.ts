import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const { CONFORMANCE_DIR: given = resolve(import.meta.dirname, "../../../shared/conformance") } = process.env;

/** Where the field's own test cases lie: not part of the project, so tests that need them skip where they are absent. */
export const CONFORMANCE_DIR: string = resolve(given);

/** The cases of one file of the conformance data; undefined where it is absent. */
export function suiteOf<Case>(path: string): readonly Case[] | undefined {
  const file = resolve(CONFORMANCE_DIR, path);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] }).cases;
}
