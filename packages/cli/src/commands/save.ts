import { resolve } from "node:path";
import { createImageSource } from "@tsbuild/builder";
import {
  copyContent,
  type Descriptor,
  formatPlatform,
  hostPlatform,
  isIndexType,
  writeDockerArchive,
  writeOciArchive,
} from "@tsbuild/oci";
import type { Command } from "commander";
import { chunkWriter } from "../chunk-writer.ts";
import type { Context } from "../context.ts";
import { type Session, withSession } from "../session.ts";

import { findStored } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly output?: string;
  readonly format: string;
  readonly platform?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image...>", "names or ids")
    .option("-o, --output <file>", "the archive (default: stdout)")
    .option("--format <format>", "docker or oci", "docker")
    .option("--platform <platforms>", "which images of several platforms, with commas")
    .action((images: string[], options: Options) =>
      withSession(context, (session) => save(context, session, { ...options, images })),
    );
}

async function save(
  context: Context,
  session: Session,
  options: Options & { images: readonly string[] },
): Promise<void> {
  const { format, output } = options;
  const { cwd, stdout } = context.terminal;
  const { signal } = context;
  if (format !== "docker" && format !== "oci") throw usageError(`--format ${format}: neither docker nor oci`);
  if (output === undefined && stdout.isTTY)
    throw usageError("an archive would go to the terminal", { hint: "say -o FILE" });
  const images: { name: string; descriptor: Descriptor }[] = [];
  for (const text of options.images) images.push(await imageToSave(session, text, { ...options, signal }));
  const write = format === "docker" ? writeDockerArchive : writeOciArchive;
  await write(
    createImageSource(session.store, session.registry),
    images,
    output === undefined ? chunkWriter(stdout) : resolve(cwd, output),
    {
      signal,
    },
  );
}

interface Wanted {
  readonly format: string;
  readonly platform?: string;
  readonly signal: AbortSignal;
}

/**
 * An image asked for by id has no name in the archive. Of an index an OCI archive takes all, or the platforms asked for;
 * Docker's, which holds one image a name, that of this machine's platform.
 */
async function imageToSave(
  { store, registry }: Session,
  text: string,
  { platform, format, signal }: Wanted,
): Promise<{ name: string; descriptor: Descriptor }> {
  const { descriptor } = await findStored(store, text, { signal });
  if (!isIndexType(descriptor.mediaType)) return { name: text, descriptor };
  if (platform === undefined && format === "oci") return { name: text, descriptor };
  const platforms = (platform ?? formatPlatform(hostPlatform())).split(",").map((each) => each.trim());
  const source = createImageSource(store, registry);
  return { name: text, descriptor: await copyContent(source, store, descriptor, { platforms, signal }) };
}
