import { copyImage, type Descriptor, formatReference, parseReference, withDefaultTag } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withTransfers } from "../progress/transfers.ts";
import { type Session, withSession } from "../session.ts";

interface Options {
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "name")
    .option(
      "--platform <platforms>",
      "os/arch[/variant]; several with commas, or all",
      context.terminal.env.DOCKER_DEFAULT_PLATFORM,
    )
    .option("-q, --quiet", "print the name alone")
    .option("--disable-content-trust", "accepted")
    .action((name: string, options: Options) =>
      withSession(context, async (session) => {
        const { descriptor, reference } = await pullImage(context, session, { ...options, name });
        if (!options.quiet) context.note(`Digest: ${descriptor.digest}`);
        context.print(reference);
      }),
    );
}

/** Fetches an image with all its layers and gives it its name in the store. */
export async function pullImage(
  context: Context,
  { store, registry }: Session,
  options: Options & { readonly name: string },
): Promise<{ descriptor: Descriptor; reference: string }> {
  const { hostPlatform, formatPlatform } = await import("@tsbuild/oci");
  const reference = withDefaultTag(parseReference(options.name));
  const full = formatReference(reference);
  const repository = registry.repository(full);
  const descriptor = await withTransfers(context, { quiet: options.quiet ?? false }, (onEvent) =>
    copyImage(repository, store, reference.digest ?? reference.tag ?? "latest", {
      as: full,
      platforms: platformsOf(options.platform ?? formatPlatform(hostPlatform())),
      signal: context.signal,
      onEvent,
    }),
  );
  return { descriptor, reference: full };
}

/** An empty list stands for all that there are. */
function platformsOf(text: string): readonly string[] {
  return text === "all" ? [] : text.split(",").map((each) => each.trim());
}
