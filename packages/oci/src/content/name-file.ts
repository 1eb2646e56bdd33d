import { type Descriptor, descriptorShape } from "../descriptor.ts";
import { readFileIfThere } from "../file.ts";
import { canonicalJson } from "../json.ts";
import { exactly, object, parseDocument, recordOf } from "../shape.ts";

/** What the names of a store stand for. */
export type Names = Readonly<Record<string, Descriptor>>;

const SHAPE = object({ version: exactly(1), names: recordOf(descriptorShape) }, {});

/**
 * Reads a store's file of names; there are none where there is no file.
 * @throws TsbuildError STORE_DAMAGED
 */
export function readNames(path: string): Names {
  const bytes = readFileIfThere(path);
  if (bytes === undefined) return {};
  const what = `file of names ${path}`;
  return parseDocument<{ names: Names }, "STORE_DAMAGED">(bytes, SHAPE, { what, code: "STORE_DAMAGED" }).names;
}

/** The file of names as bytes, in the order of the names. */
export function encodeNames(names: Names): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
  return canonicalJson({ version: 1, names: sorted });
}
