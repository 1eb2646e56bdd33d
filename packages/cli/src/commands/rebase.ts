import { type Image, readImage, rebaseImage } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { bringToTarget, nameResult, openEditTarget } from "../edit-image.ts";
import { withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";

interface Options {
  readonly from: string;
  readonly onto: string;
  readonly to?: string;
  readonly platform?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, oci:FOLDER[:NAME] or store:NAME")
    .requiredOption("--from <base>", "what it stands on now")
    .requiredOption("--onto <base>", "what it shall stand on")
    .option("--to <place>", "where the result goes (default: in the place of the image)")
    .option("--platform <platform>", "which of several images")
    .action((image: string, options: Options) => rebase(context, image, options));
}

function rebase(context: Context, text: string, options: Options): Promise<void> {
  const { signal } = context;
  const wanted = options.platform === undefined ? { signal } : { platform: options.platform, signal };
  return withSession(context, async (session) => {
    const place = await openEditTarget(session, context, { to: options.to, image: text });
    /** The image at a place; with `bring`, its content comes to where the result goes. */
    const read = (at: string, bring: boolean): Promise<Image> =>
      withSourcePlace(session, context, at, async (from) => {
        const image = await readImage(from.content, from.name, wanted);
        if (bring) await bringToTarget(context, from, { target: place.content, root: image.descriptor });
        return image;
      });
    const image = await read(text, true);
    const [from, to] = [await read(options.from, false), await read(options.onto, true)];
    const baseName = baseNameOf(options.onto);
    const named = baseName === undefined ? {} : { baseName };
    const rebased = await rebaseImage(place.content, image, { from, to, ...named, signal });
    await nameResult(context, place, rebased.descriptor);
  });
}

/** What others can find the base by; a layout's name means nothing to them. */
function baseNameOf(text: string): string | undefined {
  return /^(?:oci|oci-archive|docker-archive|store):/.test(text) ? undefined : text.replace(/^docker:\/\//, "");
}
