import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { findStored, storeName } from "../stored-image.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "name or id")
    .argument("<name>", "the new name")
    .action((image: string, name: string) =>
      withStore(context, async (store) => {
        const { signal } = context;
        const target = storeName(name);
        await store.tag((await findStored(store, image, { signal })).descriptor, target, { signal });
      }),
    );
}
