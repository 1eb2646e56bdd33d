import type { Command } from "commander";
import type { Context } from "../context.ts";
import { openRegistry } from "../registry.ts";
import { registryHost } from "./login.ts";

export function configure(command: Command, context: Context): void {
  command.argument("<registry>", "host and port").action(async (text: string) => {
    const registry = registryHost(text);
    const client = await openRegistry(context);
    try {
      const { signal } = context;
      for await (const name of client.catalog(registry, { signal })) context.print(`${registry}/${name}`);
    } finally {
      await client.close();
    }
  });
}
