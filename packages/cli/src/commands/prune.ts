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
    .option("-a, --all", "remove all images and their names too")
    .option("-f, --force", "do not ask")
    .option("--volumes", "accepted: tsbuild keeps no volumes")
    .action((options: Options) => prune(context, options));
}

async function prune(context: Context, { all, force }: Options): Promise<void> {
  const what = all ? "all images and the whole build cache" : "the whole build cache and content without a name";
  if (!force && !(await confirm(context, `This removes ${what} of ${context.settings().root}. Continue?`))) return;
  await withStore(context, async (store) => {
    if (all) for (const { name } of await store.list()) await store.untag(name);
    context.print(`Total reclaimed space: ${humanSize(await sweep(context, store, { all: true }))}`);
  });
}
