import type { FromInstruction, Stage } from "../ast.ts";
import type { StageTree } from "./stage-tree.ts";

/** An image that a stage starts from, as it is written. */
export interface WrittenImage {
  readonly from: FromInstruction;
  /** Without tag and digest. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** The images behind FROM, without stages, `scratch` and names that have variables: those are chosen elsewhere. */
export function baseImages(stages: readonly Stage[], tree: StageTree): WrittenImage[] {
  return stages.flatMap((stage) => {
    const { text } = stage.from.image;
    if (text === "scratch" || /[$"'\\]/.test(text) || tree.parentOf(stage) !== undefined) return [];
    return { from: stage.from, ...splitImage(text) };
  });
}

export function splitImage(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const [named = "", digest] = text.split("@", 2);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  return { name: hasTag ? named.slice(0, colon) : named, tag: hasTag ? named.slice(colon + 1) : undefined, digest };
}
