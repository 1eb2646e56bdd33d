import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { DEFAULT_PATH } from "../native/start-command.ts";

/** The file of an installed program of this name. */
export function findProgram(name: string): string | undefined {
  return DEFAULT_PATH.split(":")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** What to say where there is none. */
export function notInstalled(name: string): TsbuildError {
  return new TsbuildError("RUNTIME_FAILED", `${name} is not installed`, {
    hint: `Install ${name}, or take the native back end, which needs nothing.`,
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
