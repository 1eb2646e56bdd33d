/** Numeric ids of a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Reads a small file of the tree that names are looked up in. */
export type ReadFile = (path: string) => Uint8Array | undefined;

/**
 * The ids of `user[:group]` as BuildKit finds them: a number stands for itself, and a number alone is the group's too; a
 * name is looked up in /etc/passwd and brings its primary group; a name that is not there is root.
 */
export function ownerOf(text: string, readFile: ReadFile): Owner {
  const [user = "", group] = text.split(":", 2);
  const id = numeric(user);
  const entry = id === undefined ? linesOf(readFile("etc/passwd")).find(([name]) => name === user) : undefined;
  const uid = id ?? numeric(entry?.[2]) ?? 0;
  const primary = id ?? numeric(entry?.[3]) ?? 0;
  if (group === undefined || group === "") return { uid, gid: primary };
  return { uid, gid: numeric(group) ?? groupId(group, readFile) ?? primary };
}

function groupId(group: string, readFile: ReadFile): number | undefined {
  return numeric(linesOf(readFile("etc/group")).find(([name]) => name === group)?.[2]);
}

function numeric(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function linesOf(content: Uint8Array | undefined): readonly (readonly string[])[] {
  if (content === undefined) return [];
  return Buffer.from(content)
    .toString("latin1")
    .split("\n")
    .map((line) => line.split(":"));
}
