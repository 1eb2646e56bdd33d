import { parseDockerfile } from "@tsbuild/parser";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readSource } from "../read-source.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("[file]", "the Dockerfile; - is stdin", "Dockerfile")
    .option("--compact", "print one line")
    .action(async (file: string, options: { compact?: boolean }) => {
      const { text } = await readSource(context, file);
      const { dockerfile, diagnostics } = parseDockerfile(text);
      context.print(JSON.stringify({ dockerfile, diagnostics }, null, options.compact ? 0 : 2));
      if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) context.exit(1);
    });
}
