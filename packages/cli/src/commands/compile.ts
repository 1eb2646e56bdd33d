import type { Compiled } from "@tsbuild/builder";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { SourceError } from "../report.ts";
import { withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";
import {
  type DockerfileFlags,
  type DockerfileRequest,
  declareDockerfileFlags,
  readDockerfileRequest,
} from "./dockerfile-flags.ts";

type Options = DockerfileFlags & { readonly format: string };

export function configure(command: Command, context: Context): void {
  declareDockerfileFlags(command.argument("[context]", "a folder; - reads a Dockerfile from stdin", "."), context)
    .option("--format <format>", "json or mermaid", "json")
    .action((place: string, options: Options) => compile(context, place, options));
}

async function compile(context: Context, place: string, options: Options): Promise<void> {
  const { format } = options;
  if (format !== "json" && format !== "mermaid") throw usageError(`--format ${format}: neither json nor mermaid`);
  const compiled = await compileGraph(context, await readDockerfileRequest(context, place, options));
  const { describeGraph, graphToMermaid } = await import("@tsbuild/builder");
  const text = format === "json" ? JSON.stringify(describeGraph(compiled), null, 2) : graphToMermaid(compiled);
  context.print(text.trimEnd());
}

async function compileGraph(context: Context, { options, source }: DockerfileRequest): Promise<Compiled> {
  return withSession(context, async ({ store, registry }) => {
    const { createBuilder } = await import("@tsbuild/builder");
    const builder = await createBuilder({ store, registry });
    try {
      return await builder.compileDockerfile(options);
    } catch (error) {
      throw new SourceError(source(), { cause: error });
    } finally {
      await builder.close();
    }
  });
}
