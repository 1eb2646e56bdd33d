import { cleanPath, joinPath, nameOf, parentOf } from "./names.ts";

/** Names that lie where `path` was looked for and are close to it, as a sentence. */
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
  const near = tree
    .readdir(folder)
    .map((name) => ({ name, distance: distanceOf(name.toLowerCase(), wanted.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.min(wanted.length, name.length) / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => JSON.stringify(joinPath(folder, name)));
  return near.length === 0 ? undefined : `Did you mean ${near.join(" or ")}?`;
}

/** How many letters to change, add or drop to make `a` of `b` (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
