import { type Descriptor, indexEntry, readImage, readNode, TsbuildError, writeIndex } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseLabels } from "../arguments/key-value.ts";
import type { Context } from "../context.ts";
import { bringToTarget, nameResult } from "../edit-image.ts";
import { openTargetPlace, withSourcePlace } from "../place.ts";
import { type Session, withSession } from "../session.ts";

interface Options {
  readonly annotation?: readonly string[];
  readonly docker?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<target>", "where it goes: REFERENCE of a registry, oci:FOLDER[:NAME] or store:NAME")
    .argument("<image...>", "the images, one for each platform; of an index, all in it")
    .option("--annotation <name=value>", "of the index; repeatable", collect)
    .option("--docker", "as one of Docker's manifest lists")
    .action((target: string, images: string[], options: Options) => create(context, { target, images }, options));
}

function create(
  context: Context,
  { target, images }: { readonly target: string; readonly images: readonly string[] },
  { annotation = [], docker = false }: Options,
): Promise<void> {
  const { signal } = context;
  const annotations = annotation.length === 0 ? {} : { annotations: parseLabels(annotation) };
  return withSession(context, async (session) => {
    const place = await openTargetPlace(session, context, target);
    const entries: Descriptor[] = [];
    for (const image of images)
      entries.push(...(await bringEntries(context, session, { image, target: place.content })));
    const index = await writeIndex(place.content, entries, { docker, ...annotations }, { signal });
    await nameResult(context, place, index);
  });
}

/** The entries that an image, or an index, makes; what they name is at the target then. */
export function bringEntries(
  context: Context,
  session: Session,
  { image, target }: { readonly image: string; readonly target: Parameters<typeof bringToTarget>[2]["target"] },
): Promise<readonly Descriptor[]> {
  const { signal } = context;
  return withSourcePlace(session, context, image, async (from) => {
    const root = await from.content.resolve(from.name, { signal });
    await bringToTarget(context, from, { target, root });
    const { index } = await readNode(from.content, root, { signal });
    if (index !== undefined) return index.manifests;
    try {
      return [indexEntry(await readImage(from.content, root, { signal }))];
    } catch (error) {
      // An artifact has no platform, and needs none.
      if (TsbuildError.is(error, "IMAGE_INVALID")) return [root];
      throw error;
    }
  });
}
