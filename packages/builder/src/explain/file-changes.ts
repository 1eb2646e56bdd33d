import type { ContentRow } from "../files/content-list.ts";
import type { FileChange } from "./reason.ts";

/** What differs between the files of two selections, in the order of their paths. */
export function fileChanges(before: readonly ContentRow[], after: readonly ContentRow[]): readonly FileChange[] {
  const old = new Map(before.map((row) => [row[0], row]));
  const now = new Map(after.map((row) => [row[0], row]));
  const changes: FileChange[] = [];
  for (const row of before) if (!now.has(row[0])) changes.push(removed(row));
  for (const row of after) {
    const known = old.get(row[0]);
    if (known === undefined) changes.push(added(row));
    else changes.push(...rowChanges(known, row));
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function added([path, , , , content]: ContentRow): FileChange {
  return { path, change: "added", ...(content === "" ? {} : { new: content }) };
}

function removed([path, , , , content]: ContentRow): FileChange {
  return { path, change: "removed", ...(content === "" ? {} : { old: content }) };
}

function rowChanges(before: ContentRow, after: ContentRow): readonly FileChange[] {
  const [path, type] = before;
  if (type !== after[1]) return [{ path, change: "type", old: type, new: after[1] }];
  const parts = [
    ["content", 4],
    ["mode", 2],
    ["owner", 3],
    ["attributes", 5],
  ] as const;
  return parts.flatMap(([change, at]) =>
    before[at] === after[at] ? [] : [{ path, change, old: before[at], new: after[at] }],
  );
}
