import type { HistoryEntry, Image, LocalStore } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { findStored, imageId, shortId } from "../stored-image.ts";
import { humanAge } from "../text/age.ts";
import { parseFormat, printRows } from "../text/rows.ts";
import { humanSize } from "../text/size.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly trunc: boolean;
  readonly quiet?: boolean;
  readonly human: string | boolean;
  readonly format?: string;
}

const WIDTH = 45;

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "name or id")
    .option("--no-trunc", "show commands and ids in full")
    .option("-q, --quiet", "print ids alone")
    .option("-H, --human", "sizes and times for people", true)
    .option("--format <format>", "table, json, or a template: {{.CreatedBy}}")
    .action((image: string, options: Options) =>
      withStore(context, (store) => history(store, context, { ...options, image })),
    );
}

async function history(
  store: LocalStore,
  context: Context,
  options: Options & { readonly image: string },
): Promise<void> {
  const stored = await findStored(store, options.image, { signal: context.signal });
  if (stored.image === undefined) throw usageError(`${options.image} has no image for this machine's platform`);
  const id = options.trunc ? shortId(imageId(stored)) : imageId(stored);
  const rows = rowsOf(stored.image, options.trunc).map((row, index) => ({
    ...row,
    ID: index === 0 ? id : "<missing>",
  }));
  if (options.quiet) {
    for (const row of rows) context.print(row.ID);
    return;
  }
  const columns = [
    ["IMAGE", "ID"],
    ["CREATED", "CreatedSince"],
    ["CREATED BY", "CreatedBy"],
    ["SIZE", "Size"],
    ["COMMENT", "Comment"],
  ] as const;
  printRows(context, rows, { format: parseFormat(options.format), columns });
}

type Row = Record<"CreatedAt" | "CreatedSince" | "CreatedBy" | "Size" | "Comment", string>;

/** Newest first, as Docker lists them. */
function rowsOf(image: Image, truncate: boolean): Row[] {
  const entries: readonly HistoryEntry[] = image.config.history ?? image.layers.map(() => ({}));
  let layer = 0;
  const rows = entries.map((entry) => {
    const size = entry.empty_layer ? 0 : (image.layers[layer]?.descriptor.size ?? 0);
    if (!entry.empty_layer) layer += 1;
    const command = (entry.created_by ?? "").replace(/\s+/g, " ");
    return {
      CreatedAt: entry.created ?? "",
      CreatedSince: humanAge(entry.created, Date.now()),
      CreatedBy: truncate && command.length > WIDTH ? `${command.slice(0, WIDTH - 1)}…` : command,
      Size: humanSize(size),
      Comment: entry.comment ?? "",
    };
  });
  return rows.toReversed();
}
