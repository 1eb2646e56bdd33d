import { type HistoryEntry, type Image, type LocalStore, makePlain, openTree } from "@tsbuild/oci";
import { essentials, readFacts } from "../support/image-tree.ts";

/** One thing in which two images are not the same. */
export interface Difference {
  /** `file`: of a path; `config`: of a field; `history`: of a step; `layers`: of their number. */
  readonly kind: "file" | "links" | "config" | "history" | "layers" | "outcome";
  /** The path, or the name of the field. */
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
}

/** All differences of two images of one store: trees, configs, histories. Times are each builder's own. */
export async function compareImages(store: LocalStore, ours: Image, theirs: Image): Promise<Difference[]> {
  const [a, b] = [await readFacts(store, ours), await readFacts(store, theirs)];
  const fields = pairsOf(essentials(ours.config.config), essentials(theirs.config.config), "config");
  const { architecture, os, author } = theirs.config;
  const own = { architecture: ours.config.architecture, os: ours.config.os, author: ours.config.author };
  return [
    ...pairsOf(Object.fromEntries(a), Object.fromEntries(b), "file"),
    ...pairsOf(await linksOf(store, ours), await linksOf(store, theirs), "links"),
    ...fields,
    ...pairsOf(own, { architecture, os, author }, "config"),
    ...pairsOf(historyOf(ours), historyOf(theirs), "history"),
    ...pairsOf({ count: ours.layers.length }, { count: theirs.layers.length }, "layers"),
  ];
}

function pairsOf(
  ours: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
  kind: Difference["kind"],
): Difference[] {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  return names.flatMap((name) => {
    const [a, b] = [textOf(ours[name]), textOf(theirs[name])];
    return a === b ? [] : [{ kind, name, ours: a, theirs: b }];
  });
}

function textOf(value: unknown): string {
  if (value === undefined) return "absent";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

function historyOf({ config }: Image): Record<string, unknown> {
  const line = ({ created_by, empty_layer, comment, author }: HistoryEntry): unknown[] => [
    created_by,
    empty_layer === true,
    comment,
    author,
  ];
  return Object.fromEntries((config.history ?? []).map((entry, at) => [String(at).padStart(2, "0"), line(entry)]));
}

/** Of every path with several names: the first of them. */
async function linksOf(store: LocalStore, image: Image): Promise<Record<string, string>> {
  for (const layer of image.layers) await makePlain(store, layer);
  const first = new Map<string, string>();
  const links: Record<string, string> = {};
  for (const { path, linkGroup } of openTree(store, image.layers).walk("")) {
    if (linkGroup === undefined) continue;
    const leader = first.get(linkGroup);
    if (leader === undefined) first.set(linkGroup, path);
    else links[path] = leader;
  }
  return links;
}
