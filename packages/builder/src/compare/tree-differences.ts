import { createHash } from "node:crypto";
import { type AbortOptions, compareNames, type Tree, type TreeEntry } from "@tsbuild/oci";

/** A path that is not the same in two trees. */
export interface PathDifference {
  readonly path: string;
  /** `a`, `b`: it is in that one alone. */
  readonly only?: "a" | "b";
  /** Where it is in both: in what it differs. */
  readonly changes: readonly EntryChange[];
}

/** A property of a path. Modes are octal, owners `uid:gid`, times ISO 8601, contents digests. */
export interface EntryChange {
  readonly what:
    | "type"
    | "mode"
    | "owner"
    | "time"
    | "size"
    | "content"
    | "link"
    | "hard links"
    | "device"
    | "attributes";
  readonly a: string;
  readonly b: string;
}

/** What differs between two trees, by path. Bytes are read only where the trees have them at different places. */
export async function* treeDifferences(a: Tree, b: Tree, options: AbortOptions = {}): AsyncGenerator<PathDifference> {
  const sides = [sideOf(a), sideOf(b)] as const;
  for (const [one, other] of pairs(a, b)) {
    options.signal?.throwIfAborted();
    if (one === undefined || other === undefined) {
      const path = one?.path ?? other?.path ?? "";
      yield { path, only: one === undefined ? "b" : "a", changes: [] };
      continue;
    }
    const changes = await entryChanges([one, other], sides, options);
    if (changes.length > 0) yield { path: one.path, changes };
  }
}

/** The entries of both, path by path: parents before children, names in byte order, as trees are walked. */
function* pairs(a: Tree, b: Tree): Generator<readonly [TreeEntry | undefined, TreeEntry | undefined]> {
  const left = a.walk("")[Symbol.iterator]();
  const right = b.walk("")[Symbol.iterator]();
  let one = left.next();
  let other = right.next();
  while (!one.done || !other.done) {
    const order = one.done ? 1 : other.done ? -1 : comparePaths(one.value.path, other.value.path);
    yield [order <= 0 && !one.done ? one.value : undefined, order >= 0 && !other.done ? other.value : undefined];
    if (order <= 0) one = left.next();
    if (order >= 0) other = right.next();
  }
}

function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (const [at, name] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compareNames(name, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** A tree, and the first name of each of its hard-linked files, as they come along. */
interface Side {
  readonly tree: Tree;
  readonly firstOf: (entry: TreeEntry) => string;
}

function sideOf(tree: Tree): Side {
  const first = new Map<string, string>();
  return {
    tree,
    firstOf: ({ path, linkGroup }) => {
      if (linkGroup === undefined) return "";
      const known = first.get(linkGroup);
      if (known === undefined) first.set(linkGroup, path);
      return known ?? "";
    },
  };
}

async function entryChanges(
  [a, b]: readonly [TreeEntry, TreeEntry],
  [left, right]: readonly [Side, Side],
  options: AbortOptions,
): Promise<readonly EntryChange[]> {
  const links = [left.firstOf(a), right.firstOf(b)] as const;
  if (a.type !== b.type) return [{ what: "type", a: a.type, b: b.type }];
  const [one, other] = [propertiesOf(a), propertiesOf(b)];
  const changes: EntryChange[] = PROPERTIES.flatMap((what) =>
    one[what] === other[what] ? [] : [{ what, a: one[what], b: other[what] }],
  );
  if (links[0] !== links[1]) changes.push({ what: "hard links", a: links[0], b: links[1] });
  if (a.type === "file" && !isSamePlace(a, b)) {
    const contents = await Promise.all([digestOf(left.tree, a, options), digestOf(right.tree, b, options)]);
    if (contents[0] !== contents[1]) changes.push({ what: "content", a: contents[0], b: contents[1] });
  }
  return changes;
}

const PROPERTIES = ["mode", "owner", "size", "time", "link", "device", "attributes"] as const;

function propertiesOf(entry: TreeEntry): Readonly<Record<(typeof PROPERTIES)[number], string>> {
  const { mode, uid, gid, size, linkName = "", devMajor, devMinor, xattrs } = entry;
  const attributes = [...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString("base64")}`);
  return {
    mode: mode.toString(8),
    owner: `${uid}:${gid}`,
    size: String(size),
    time: timeText(entry),
    link: linkName,
    device: devMajor === undefined ? "" : `${devMajor}:${devMinor ?? 0}`,
    attributes: attributes.sort().join(" "),
  };
}

/** To the nanosecond; as seconds where no calendar goes that far. */
function timeText({ mtime, mtimeNsec }: TreeEntry): string {
  const date = new Date(mtime * 1000);
  if (Number.isNaN(date.getTime())) return `${mtime}.${mtimeNsec}`;
  const fraction = mtimeNsec === 0 ? "" : `.${String(mtimeNsec).padStart(9, "0")}`;
  return date.toISOString().replace(".000Z", `${fraction}Z`);
}

function isSamePlace(a: TreeEntry, b: TreeEntry): boolean {
  return a.content?.file === b.content?.file && a.content?.offset === b.content?.offset && a.size === b.size;
}

async function digestOf(tree: Tree, entry: TreeEntry, options: AbortOptions): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of tree.stream(entry, options)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
