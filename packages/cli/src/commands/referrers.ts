import { type Descriptor, listReferrers } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";
import { formatTable } from "../text/table.ts";
import { renderTemplate } from "../text/template.ts";

interface Options {
  readonly artifactType?: string;
  readonly format: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, or oci:FOLDER[:NAME]")
    .option("--artifact-type <type>", "only those of this type")
    .option("--format <format>", "table, json, or a template", "table")
    .action((text: string, { artifactType, format }: Options) =>
      withSession(context, (session) =>
        withSourcePlace(session, context, text, async ({ content, name }) => {
          const { signal } = context;
          const subject = await content.resolve(name, { signal });
          const options = artifactType === undefined ? { signal } : { artifactType, signal };
          const found = await listReferrers(content, subject, options);
          for (const line of render(found, format)) context.print(line);
        }),
      ),
    );
}

function render(found: readonly Descriptor[], format: string): readonly string[] {
  if (format === "json") return [JSON.stringify(found, null, 2)];
  if (format !== "table") return found.map((referrer) => renderTemplate(format, referrer));
  const rows = found.map(({ digest, artifactType = "", size }) => [digest, artifactType, String(size)]);
  return [formatTable([["DIGEST", "ARTIFACT TYPE", "SIZE"], ...rows])];
}
