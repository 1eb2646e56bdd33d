import { createHash } from "node:crypto";
import { type ContainerConfig, type Image, type LocalStore, makePlain, openTree, type TreeEntry } from "@tsbuild/oci";

/** What of a file two builders must agree on. Times are left out: they are each builder's own. */
export interface FileFacts {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly link?: string;
  readonly xattrs?: string;
  readonly content?: string;
}

/** Reads the whole tree of an image whose blobs are in `store`. */
export async function readFacts(store: LocalStore, image: Image): Promise<Map<string, FileFacts>> {
  for (const layer of image.layers) await makePlain(store, layer);
  const tree = openTree(store, image.layers);
  const facts = new Map<string, FileFacts>();
  for (const entry of tree.walk(""))
    if (entry.path !== "")
      facts.set(entry.path, factsOf(entry, entry.type === "file" ? tree.readFile(entry.path) : undefined));
  return facts;
}

function factsOf(entry: TreeEntry, content: Uint8Array | undefined): FileFacts {
  const xattrs = [...(entry.xattrs ?? [])]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`)
    .sort();
  return {
    type: entry.type,
    mode: entry.type === "symlink" ? "" : entry.mode.toString(8),
    owner: `${entry.uid}:${entry.gid}`,
    ...(entry.linkName !== undefined && entry.type === "symlink" ? { link: entry.linkName } : {}),
    ...(xattrs.length > 0 ? { xattrs: xattrs.join(",") } : {}),
    ...(entry.type === "file" && content ? { content: createHash("sha256").update(content).digest("hex") } : {}),
  };
}

/** Files whose bytes, or whose very names, differ from one run of the same command to the next. */
export interface Volatile {
  readonly names: readonly RegExp[];
  readonly contents: readonly RegExp[];
}

/** Compares two trees: one line a difference. */
export function compareFacts(
  ours: ReadonlyMap<string, FileFacts>,
  theirs: ReadonlyMap<string, FileFacts>,
  volatile: Volatile,
): string[] {
  const differences: string[] = [];
  for (const path of new Set([...ours.keys(), ...theirs.keys()])) {
    if (volatile.names.some((pattern) => pattern.test(path))) continue;
    const a = comparable(ours.get(path), path, volatile);
    const b = comparable(theirs.get(path), path, volatile);
    if (a !== b) differences.push(`${path}: ours ${a}, theirs ${b}`);
  }
  return differences.sort();
}

function comparable(facts: FileFacts | undefined, path: string, volatile: Volatile): string {
  if (!facts) return "absent";
  const { content, ...rest } = facts;
  const free = volatile.contents.some((pattern) => pattern.test(path));
  return JSON.stringify(free || content === undefined ? rest : { ...rest, content });
}

/** The container config without what says nothing: empty lists, nulls, absent fields. */
export function essentials(config: ContainerConfig | undefined): Record<string, unknown> {
  const entries = Object.entries(config ?? {}).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
