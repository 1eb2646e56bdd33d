import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { settingsInvalid } from "./invalid.ts";

/** What a file of settings may have at most, in bytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The text of a file of settings; undefined where there is none.
 * @throws TsbuildError SETTINGS_INVALID where it is there and cannot be read
 */
export function readSettingsFile(file: string): string | undefined {
  try {
    const bytes = readFileSync(file);
    if (bytes.byteLength > MAX_BYTES) throw settingsInvalid(`${file} is too long for settings`);
    return bytes.toString("utf8");
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    if (TsbuildError.is(cause)) throw cause;
    throw settingsInvalid(`cannot read ${file}`, { hint: "check who owns it", cause });
  }
}

/** The files of a folder whose names end so, in order; none where there is no folder. */
export function listSettingsFiles(folder: string, ending: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(ending));
    return names.sort().map((name) => join(folder, name));
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw settingsInvalid(`cannot read the folder ${folder}`, {
      hint: "check who owns it",
      cause,
    });
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code));
}
