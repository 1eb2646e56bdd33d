import type { Command } from "commander";
import type { Context } from "../context.ts";
import { renderTemplate } from "../text/template.ts";
import { version } from "../version.ts";

export function configure(command: Command, context: Context): void {
  command
    .option("-f, --format <template>", "json, or a template: {{.Client.Version}}")
    .action((options: { format?: string }) => {
      const client = { Version: version(), Node: process.versions.node, Os: process.platform, Arch: process.arch };
      if (options.format === "json") context.print(JSON.stringify({ Client: client }));
      else if (options.format !== undefined) context.print(renderTemplate(options.format, { Client: client }));
      else context.print(`tsbuild ${client.Version} (Node ${client.Node}, ${client.Os}/${client.Arch})`);
    });
}
