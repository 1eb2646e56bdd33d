/** The directory and the last part of a path; the directory of a top-level name is `""`. */
export function splitPath(path: string): { readonly directory: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { directory: slash === -1 ? "" : path.slice(0, slash), name: path.slice(slash + 1) };
}

/** The path of `name` in `directory`. */
export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The paths of all directories above `path`, top-most first, without the root. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1))
    parents.push(path.slice(0, slash));
  return parents;
}
