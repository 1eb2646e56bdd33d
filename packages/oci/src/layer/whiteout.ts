import { TsbuildError } from "../error.ts";
import { splitPath } from "./path.ts";

/** What the name of a whiteout begins with (OCI image-spec, layer.md, "Whiteouts"). */
export const WHITEOUT_PREFIX = ".wh.";

/** The name of the entry that hides all that lower layers have in its directory. */
export const OPAQUE_NAME = ".wh..wh..opq";

/** What an entry of a layer hides. */
export type Whiteout =
  /** The entry `name` of `directory` in the layers below. */
  | { readonly kind: "name"; readonly directory: string; readonly name: string }
  /** All of `directory` in the layers below. */
  | { readonly kind: "opaque"; readonly directory: string }
  /** Nothing: notes of AUFS, which every engine passes over. */
  | { readonly kind: "ignored"; readonly directory: string };

/**
 * Tells what the entry at `path` hides; undefined where it is no whiteout.
 * @throws TsbuildError LAYER_INVALID for a whiteout that would hide its own directory or the one above
 */
export function whiteoutOf(path: string): Whiteout | undefined {
  const { directory, name } = splitPath(path);
  if (!name.startsWith(WHITEOUT_PREFIX)) return undefined;
  if (name === OPAQUE_NAME) return { kind: "opaque", directory };
  const hidden = name.slice(WHITEOUT_PREFIX.length);
  if (hidden.startsWith(WHITEOUT_PREFIX)) return { kind: "ignored", directory };
  if (hidden === "" || hidden === "." || hidden === "..")
    throw new TsbuildError("LAYER_INVALID", `layer has a whiteout of no file: ${JSON.stringify(path)}`);
  return { kind: "name", directory, name: hidden };
}
