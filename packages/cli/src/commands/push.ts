import { parseReference, TsbuildError } from "@tsbuild/oci";
import type { Command } from "commander";
import { acceptSilently } from "../arguments/accepted.ts";
import type { Context } from "../context.ts";
import { createDisplay } from "../progress/display.ts";
import { type Session, withSession } from "../session.ts";
import { storeName } from "../stored-image.ts";

interface Options {
  readonly quiet?: boolean;
  readonly allTags?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "name: it says which registry")
    .option("-q, --quiet", "print the name alone")
    .option("-a, --all-tags", "all names of the repository")
    .action((name: string, options: Options) =>
      withSession(context, async (session) => {
        for (const reference of await namesToPush(session, name, options.allTags ?? false)) {
          const digest = await pushImage(context, session, { name: reference, reference, ...options });
          if (!options.quiet) context.note(`Digest: ${digest}`);
          context.print(reference);
        }
      }),
    );
  acceptSilently(command, ["--disable-content-trust"]);
}

async function namesToPush({ store }: Session, name: string, allTags: boolean): Promise<string[]> {
  if (!allTags) return [storeName(name)];
  const { registry, repository } = parseReference(name);
  const names = (await store.list()).map((entry) => entry.name);
  const found = names.filter((each) => each.startsWith(`${registry}/${repository}:`));
  if (found.length === 0)
    throw new TsbuildError("NOT_FOUND", `no image of the store is named ${registry}/${repository}`);
  return found;
}

/** Sends an image of the store to the repository of `reference`, its layers packed. Returns its digest there. */
export async function pushImage(
  context: Context,
  { store, registry }: Session,
  options: { readonly name: string; readonly reference: string; readonly quiet?: boolean },
): Promise<string> {
  const { signal } = context;
  const { toRegistry } = await import("@tsbuild/builder");
  const { progress, color } = context.settings();
  const image = await store.resolve(options.name, { signal });
  const display = createDisplay(context.terminal, { mode: options.quiet ? "quiet" : progress, color, signal });
  try {
    const exporter = toRegistry(options.reference);
    await exporter.export({ image, store, registry, tags: [options.reference], signal, onEvent: display.event });
  } finally {
    display.close();
  }
  const { digest, tag = "latest" } = parseReference(options.reference);
  return (await registry.repository(options.reference).resolve(digest ?? tag, { signal })).digest;
}
