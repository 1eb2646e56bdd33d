import { createWriteStream, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { copyImage, familiarName, type LocalStore, openArchive, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withTransfers } from "../progress/transfers.ts";
import { withStore } from "../session.ts";
import { storeName } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly input?: string;
  readonly quiet?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option("-i, --input <file>", "the archive, docker's or OCI's, also gzipped (default: stdin)")
    .option("-q, --quiet", "show no progress")
    .action((options: Options) => withStore(context, (store) => load(context, store, options)));
}

async function load(context: Context, store: LocalStore, options: Options): Promise<void> {
  const { stdin, cwd } = context.terminal;
  if (options.input !== undefined) return loadFile(context, store, { ...options, file: resolve(cwd, options.input) });
  if (stdin.isTTY) throw usageError("there is no archive on stdin", { hint: "say -i FILE" });
  // Archives are read by offset, so one from a pipe is put into a file first.
  const file = store.temporaryPath();
  try {
    await pipeline(stdin, createWriteStream(file, { mode: 0o600 }), { signal: context.signal });
    await loadFile(context, store, { ...options, file });
  } finally {
    rmSync(file, { force: true });
  }
}

async function loadFile(context: Context, store: LocalStore, options: Options & { file: string }): Promise<void> {
  const { signal } = context;
  const archive = await openArchive(options.file, { signal });
  try {
    for (const { name, descriptor } of await archive.images()) {
      const as = name === undefined ? descriptor.digest : storeName(name);
      await withTransfers(context, { quiet: options.quiet ?? false }, (onEvent) =>
        copyImage(archive, store, name ?? descriptor.digest, { as, signal, onEvent }),
      );
      const loaded =
        name === undefined ? `Loaded image ID: ${as}` : `Loaded image: ${familiarName(parseReference(as))}`;
      context.print(loaded);
    }
  } finally {
    await archive.close();
  }
}
