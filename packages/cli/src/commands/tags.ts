import type { Command } from "commander";
import type { Context } from "../context.ts";
import { parseEndpoint } from "../endpoint.ts";
import { openRegistry } from "../registry.ts";
import { usageError } from "../usage-error.ts";

export function configure(command: Command, context: Context): void {
  command.argument("<repository>", "REFERENCE, its tag left out").action(async (text: string) => {
    const endpoint = parseEndpoint(text);
    if (endpoint.kind !== "registry") throw usageError(`${text}: tags are those of a repository in a registry`);
    const client = await openRegistry(context);
    try {
      const { signal } = context;
      for await (const tag of client.repository(endpoint.reference).tags({ signal })) context.print(tag);
    } finally {
      await client.close();
    }
  });
}
