import { type AbortOptions, bytesOf } from "../bytes.ts";
import { readNode } from "../content/graph.ts";
import type { ContentStore } from "../content/store.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import { canonicalJson } from "../json.ts";

/** Annotations to set; undefined as a value takes one away. */
export type AnnotationEdit = Readonly<Record<string, string | undefined>>;

/** Writes a manifest or an index with other annotations. All else of it stays, in its place. */
export async function annotate(
  store: ContentStore,
  target: Descriptor,
  edit: AnnotationEdit,
  options: AbortOptions = {},
): Promise<Descriptor> {
  const { manifest, index } = await readNode(store, target, options);
  const document = (manifest ?? index) as NonNullable<typeof manifest | typeof index>;
  const annotations = editAnnotations(document.annotations, edit);
  const { annotations: _, ...rest } = document;
  return pushJson(store, target, { ...rest, ...(annotations && { annotations }) }, options);
}

/** Annotations with some set and some taken away; undefined where none are left. */
export function editAnnotations(
  before: Readonly<Record<string, string>> = {},
  edit: AnnotationEdit,
): Readonly<Record<string, string>> | undefined {
  const all = Object.entries({ ...before, ...edit }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

/** Writes a JSON document in the place of `target`, and returns what is to be said of it. */
export async function pushJson(
  store: ContentStore,
  target: Pick<Descriptor, "mediaType"> & Partial<Descriptor>,
  document: unknown,
  options: AbortOptions = {},
): Promise<Descriptor> {
  const content = canonicalJson(document);
  const descriptor = { ...target, digest: digestOf(content), size: content.byteLength };
  await store.push(descriptor, () => bytesOf(content), options);
  return descriptor;
}
