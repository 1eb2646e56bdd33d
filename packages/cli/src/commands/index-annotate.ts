import { type AnnotationEdit, type Descriptor, editIndex } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseLabels } from "../arguments/key-value.ts";
import type { Context } from "../context.ts";
import { nameResult } from "../edit-image.ts";
import { openTargetPlace } from "../place.ts";
import { withSession } from "../session.ts";
import { bringEntries } from "./index-create.ts";

interface Options {
  readonly annotation?: readonly string[];
  readonly removeAnnotation?: readonly string[];
  readonly entry?: string;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<index>", "REFERENCE of a registry, oci:FOLDER[:NAME] or store:NAME")
    .option("--annotation <name=value>", "set one; repeatable", collect)
    .option("--remove-annotation <name>", "take one away; repeatable", collect)
    .option("--entry <entry>", "annotate this entry, a platform or digest (default: the index itself)")
    .option("--add <image>", "one image more, in the place of the one of its platform; repeatable", collect)
    .option("--remove <entry>", "one less: a platform or digest; repeatable", collect)
    .action((index: string, options: Options) => edit(context, index, options));
}

function edit(context: Context, text: string, options: Options): Promise<void> {
  const { signal } = context;
  const { annotation = [], removeAnnotation = [], entry, add: images = [], remove = [] } = options;
  const gone = Object.fromEntries(removeAnnotation.map((name) => [name, undefined]));
  const annotations: AnnotationEdit = { ...gone, ...parseLabels(annotation) };
  return withSession(context, async (session) => {
    const place = await openTargetPlace(session, context, text);
    const target = await place.content.resolve(place.name, { signal });
    const add: Descriptor[] = [];
    for (const image of images) add.push(...(await bringEntries(context, session, { image, target: place.content })));
    const where = entry === undefined ? { annotations } : { entryAnnotations: { [entry]: annotations } };
    await nameResult(context, place, await editIndex(place.content, target, { add, remove, ...where }, { signal }));
  });
}
