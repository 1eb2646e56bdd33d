import { familiarName, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import { confirm } from "../confirm.ts";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { sweep } from "../sweep.ts";
import { humanSize } from "../text/size.ts";

interface Options {
  readonly all?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option("-a, --all", "remove all images and their names; the build cache stays")
    .option("-f, --force", "do not ask")
    .action((options: Options) => pruneImages(context, options));
}

async function pruneImages(context: Context, { all, force }: Options): Promise<void> {
  const what = all ? "all images" : "all images without a name";
  if (!force && !(await confirm(context, `This removes ${what} of ${context.settings().root}. Continue?`))) return;
  await withStore(context, async (store) => {
    for (const { name } of all ? await store.list() : []) {
      await store.untag(name);
      context.print(`Untagged: ${familiarName(parseReference(name))}`);
    }
    context.print(`Total reclaimed space: ${humanSize(await sweep(context, store))}`);
  });
}
