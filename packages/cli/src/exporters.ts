import { resolve } from "node:path";
import type { Exporter, Packing } from "@tsbuild/builder";
import type { OutputSpec } from "./arguments/output.ts";
import { chunkWriter } from "./chunk-writer.ts";
import type { Context } from "./context.ts";
import { usageError } from "./usage-error.ts";

interface Wanted {
  readonly outputs: readonly OutputSpec[];
  /** `--push`: to the registries of all tags. */
  readonly push: boolean;
  /** Full references. */
  readonly tags: readonly string[];
}

/**
 * The exporters that the flags ask for.
 * @throws TsbuildError USAGE where something is pushed without a name, or two things go to stdout
 */
export async function exportersOf(context: Context, { outputs, push, tags }: Wanted): Promise<Exporter[]> {
  const wantsPush = push || outputs.some((output) => output.type === "image" && output.push);
  if (wantsPush && tags.length === 0) {
    throw usageError("there is no name to push the image to", { hint: "name it: -t registry/repository:tag" });
  }
  const toStdout = outputs.filter((output) => "destination" in output && output.destination === "-");
  if (toStdout.length > 1) throw usageError("--output: only one can go to stdout");
  if (toStdout.length > 0 && context.terminal.stdout.isTTY) {
    throw usageError("--output: an archive would go to the terminal", { hint: "say dest=FILE, or redirect stdout" });
  }
  const { toRegistry } = await import("@tsbuild/builder");
  const exporters = await Promise.all(outputs.map((output) => exporterOf(context, output, tags)));
  const packing = outputs.find((output) => output.type === "image" && output.packing !== undefined);
  return [...exporters.flat(), ...(wantsPush ? tags.map((tag) => toRegistry(tag, packingOf(packing))) : [])];
}

async function exporterOf(context: Context, output: OutputSpec, tags: readonly string[]): Promise<Exporter[]> {
  const builder = await import("@tsbuild/builder");
  if (output.type === "image") return [];
  const { stdout, cwd } = context.terminal;
  const place = output.destination === "-" ? chunkWriter(stdout) : resolve(cwd, output.destination);
  if (output.type === "local") return [builder.toDirectory(resolve(cwd, output.destination), output)];
  if (output.type === "tar") return [builder.toTar(place, output)];
  const names = output.names.length > 0 ? output.names : tags;
  if (output.type === "docker") return [builder.toDockerArchive(place, names, output.packing)];
  if (output.layout) return [builder.toLayout(resolve(cwd, output.destination), names[0], output.packing)];
  return [builder.toOciArchive(place, names[0], output.packing)];
}

function packingOf(output: OutputSpec | undefined): Packing | undefined {
  return output !== undefined && "packing" in output ? output.packing : undefined;
}
