import { realpathSync, statSync } from "node:fs";
import { TsbuildError } from "@tsbuild/oci";
import type { MountPointKind } from "./spec/container-spec.ts";

/**
 * A file or folder of the host that is to be seen in a root.
 * @throws TsbuildError MOUNT_INVALID
 */
export function bindSource(source: string): { readonly source: string; readonly kind: MountPointKind } {
  try {
    const real = realpathSync(source);
    return { source: real, kind: statSync(real).isDirectory() ? "directory" : "file" };
  } catch (error) {
    throw invalidSource(source, error);
  }
}

function invalidSource(source: string, cause: unknown): TsbuildError {
  return new TsbuildError("MOUNT_INVALID", `${source} of this machine cannot be mounted`, {
    cause,
    hint: "The file or folder must exist before it is mounted.",
  });
}
