import { lstatSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Tree } from "@tsbuild/oci";
import { createEntryWriter, type WriterOptions } from "./entry-writer.ts";

/** Writes a whole tree to the new folder `into`. The time, by the file system's own clock, when it was done. */
export function flattenTree(tree: Tree, into: string, options: WriterOptions): number {
  mkdirSync(into);
  const writer = createEntryWriter(into, options);
  for (const entry of tree.walk("")) writer.write(entry, entry.content);
  writer.finish();
  return fileSystemTime(join(into, ".."));
}

function fileSystemTime(folder: string): number {
  const now = Date.now() / 1000;
  utimesSync(folder, now, now);
  return lstatSync(folder).ctimeMs;
}
