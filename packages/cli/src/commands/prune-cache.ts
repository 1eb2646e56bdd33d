import type { Command } from "commander";
import { parseSize } from "../arguments/volume.ts";
import { confirm } from "../confirm.ts";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { sweep } from "../sweep.ts";
import { humanSize } from "../text/size.ts";

interface Options {
  readonly force?: boolean;
  readonly keepStorage?: string;
  readonly maxUsedSpace?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .option("-a, --all", "accepted: the whole cache goes in any case")
    .option("-f, --force", "do not ask")
    .option("--keep-storage <size>", "keep the newest records up to this size, for example 10g")
    .option("--max-used-space <size>", "the same")
    .action((options: Options) => pruneCache(context, options));
}

async function pruneCache(context: Context, options: Options): Promise<void> {
  const kept = options.maxUsedSpace ?? options.keepStorage;
  const keepBytes = kept === undefined ? undefined : parseSize(kept, "--keep-storage");
  const what = keepBytes === undefined ? "the whole build cache" : "the oldest part of the build cache";
  if (!options.force && !(await confirm(context, `This removes ${what}. Continue?`))) return;
  await withStore(context, async (store) => {
    const freed = await sweep(context, store, keepBytes === undefined ? { all: true } : { keepBytes });
    context.print(`Total: ${humanSize(freed)}`);
  });
}
