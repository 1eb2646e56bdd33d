import { resolve } from "node:path";
import { addLayerFile, appendLayers, type Layer, readImage } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { bringToTarget, nameResult, openEditTarget } from "../edit-image.ts";
import { withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";

interface Options {
  readonly layer: readonly string[];
  readonly to?: string;
  readonly platform?: string;
  readonly createdBy?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, oci:FOLDER[:NAME] or store:NAME")
    .requiredOption("--layer <file>", "a tar, plain or packed; repeatable, the lowest first", collect)
    .option("--to <place>", "where the result goes (default: in the place of the image)")
    .option("--platform <platform>", "which of several images")
    .option("--created-by <text>", "what the history says of the layers")
    .action((image: string, options: Options) => append(context, image, options));
}

function append(context: Context, text: string, options: Options): Promise<void> {
  const { signal, terminal } = context;
  const { layer: files, to, platform, createdBy } = options;
  return withSession(context, (session) =>
    withSourcePlace(session, context, text, async (from) => {
      const wanted = platform === undefined ? {} : { platform };
      const image = await readImage(from.content, from.name, { ...wanted, signal });
      const place = await openEditTarget(session, context, { to, image: text });
      await bringToTarget(context, from, { target: place.content, root: image.descriptor });
      const layers: Layer[] = [];
      for (const file of files) layers.push(await addLayerFile(place.content, resolve(terminal.cwd, file), { signal }));
      const history = createdBy === undefined ? {} : { history: { created_by: createdBy } };
      const appended = await appendLayers(place.content, image, layers, { ...history, signal });
      await nameResult(context, place, appended.descriptor);
    }),
  );
}
