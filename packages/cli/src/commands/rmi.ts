import { familiarName, type LocalStore, parseReference, TsbuildError } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { renderError } from "../report.ts";
import { withStore } from "../session.ts";
import { findStored, imageId, storeName } from "../stored-image.ts";
import { sweep } from "../sweep.ts";

interface Options {
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image...>", "names or ids")
    .option("-f, --force", "remove an id that has several names; an image that is not there is no error")
    .option("--no-prune", "keep the content")
    .action((images: string[], options: Options & { readonly prune: boolean }) =>
      withStore(context, async (store) => {
        for (const image of images) await removeOne(store, context, { ...options, image });
        if (options.prune) await sweep(context, store);
      }),
    );
}

async function removeOne(store: LocalStore, context: Context, options: Options & { image: string }): Promise<void> {
  try {
    await remove(store, context, options);
  } catch (error) {
    if (options.force && TsbuildError.is(error, "NOT_FOUND")) return;
    context.note(renderError(error));
    context.exit(1);
  }
}

async function remove(
  store: LocalStore,
  context: Context,
  { image, force }: Options & { image: string },
): Promise<void> {
  const stored = await findStored(store, image, { signal: context.signal });
  const named = stored.names.find((name) => name === nameOf(image));
  if (named === undefined && stored.names.length > 1 && !force) {
    throw new TsbuildError("IN_USE", `the image ${image} has ${stored.names.length} names`, {
      hint: "name one of them, or say --force to remove them all",
    });
  }
  const removed = named === undefined ? stored.names : [named];
  for (const name of removed) {
    await store.untag(name);
    context.print(`Untagged: ${familiarName(parseReference(name))}`);
  }
  if (removed.length < stored.names.length) return;
  // Without its manifest the image is gone at once; the sweep takes the rest, but for what a build under way may need.
  for (const manifest of [stored.image?.descriptor, stored.descriptor]) {
    if (manifest !== undefined) await store.remove(manifest.digest);
  }
  context.print(`Deleted: ${imageId(stored)}`);
}

function nameOf(text: string): string | undefined {
  try {
    return storeName(text);
  } catch {
    return undefined;
  }
}
