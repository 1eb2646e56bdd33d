import { suggest } from "@tsbuild/parser";
import { cleanPath, joinPath, nameOf, parentOf } from "./names.ts";

/** A name that lies where `path` was looked for and was probably meant, as a sentence. */
export function nearestNames(
  tree: { lstat(path: string): { readonly type: string } | undefined; readdir(path: string): readonly string[] },
  path: string,
): string | undefined {
  let folder = parentOf(cleanPath(path));
  let wanted = nameOf(cleanPath(path));
  while (folder !== "" && tree.lstat(folder)?.type !== "directory") {
    wanted = nameOf(folder);
    folder = parentOf(folder);
  }
  const near = suggest(wanted, tree.readdir(folder));
  return near === undefined ? undefined : `Did you mean ${JSON.stringify(joinPath(folder, near))}?`;
}
