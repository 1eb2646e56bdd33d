import { parseDockerfile } from "@tsbuild/parser";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readSource } from "../read-source.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("[file]", "the Dockerfile; - is stdin", "Dockerfile")
    .option("--compact", "print one line")
    .option("--syntax", "add every instruction as it is written, broken ones too")
    .action(async (file: string, options: { compact?: boolean; syntax?: boolean }) => {
      const { text } = await readSource(context, file);
      const { dockerfile, diagnostics, syntax } = parseDockerfile(text);
      const tree = { dockerfile, diagnostics, ...(options.syntax ? { syntax } : {}) };
      context.print(JSON.stringify(tree, null, options.compact ? 0 : 2));
      if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) context.exit(1);
    });
}
