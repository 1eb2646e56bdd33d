import type { Command } from "commander";
import type { Context } from "../context.ts";
import { registryHost } from "./login.ts";

export function configure(command: Command, context: Context): void {
  command.argument("[registry]", "host and port", "docker.io").action(async (text: string) => {
    const registry = registryHost(text);
    const { eraseCredentials } = await import("@tsbuild/registry-client");
    const place = await eraseCredentials(context.settings().docker, registry);
    context.print(place === undefined ? `Not logged in to ${registry}` : `Removed the credentials for ${registry}`);
  });
}
