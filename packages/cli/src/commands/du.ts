import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LocalStore } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { imageSize, listStored } from "../stored-image.ts";
import { parseFormat, printRows } from "../text/rows.ts";
import { humanSize } from "../text/size.ts";

export function configure(command: Command, context: Context): void {
  command
    .option("-v, --verbose", "accepted")
    .option("--format <format>", "table, json, or a template: {{.Type}} {{.Size}}")
    .action((options: { format?: string }) => withStore(context, (store) => du(store, context, options.format)));
}

async function du(store: LocalStore, context: Context, format: string | undefined): Promise<void> {
  const images = await listStored(store, { signal: context.signal });
  const layers = new Map(images.flatMap(({ image }) => image?.layers ?? []).map((layer) => [layer.diffId, layer]));
  const named = [...layers.values()].reduce((sum, layer) => sum + layer.descriptor.size, 0);
  const largest = images.reduce((sum, { image }) => sum + (image === undefined ? 0 : imageSize(image)), 0);
  const rows = [{ Type: "Images", Total: String(images.length), Size: humanSize(named) }];
  for (const entry of readdirSync(store.root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const usage = diskUsage(join(store.root, entry.name));
    rows.push({ Type: entry.name, Total: String(usage.files), Size: humanSize(usage.bytes) });
  }
  const columns = [
    ["TYPE", "Type"],
    ["TOTAL", "Total"],
    ["SIZE", "Size"],
  ] as const;
  printRows(context, rows, { format: parseFormat(format), columns });
  if (format === undefined && largest > named)
    context.print(`Layers that images share save ${humanSize(largest - named)}.`);
}

/** Bytes on disk; a file with several names counts once. */
function diskUsage(folder: string): { files: number; bytes: number } {
  const seen = new Set<string>();
  let files = 0;
  let bytes = 0;
  const pending = [folder];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const entry of entriesOf(path)) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) pending.push(child);
      const stat = lstatSync(child, { throwIfNoEntry: false });
      if (stat === undefined || (stat.nlink > 1 && !entry.isDirectory() && seen.has(`${stat.dev}:${stat.ino}`)))
        continue;
      if (stat.nlink > 1) seen.add(`${stat.dev}:${stat.ino}`);
      files += 1;
      bytes += stat.blocks * 512;
    }
  }
  return { files, bytes };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Another process removed it, or it belongs to a user inside a container.
    return [];
  }
}
