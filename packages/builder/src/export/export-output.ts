import { once } from "node:events";
import type { ArchiveOutput } from "@tsbuild/oci";

/** Where an archive goes: a file, replaced only when all is written; a stream, which stays open; or who takes the chunks. */
export type ExportOutput = ArchiveOutput | NodeJS.WritableStream;

/** What writes to `output`, at the pace that it takes. */
export function sinkOf(output: ExportOutput): ArchiveOutput {
  if (typeof output === "string" || typeof output === "function") return output;
  return async (chunk) => {
    if (!output.write(chunk)) await once(output, "drain");
  };
}

/** For an exporter's name. */
export function outputTitle(output: ExportOutput): string {
  return typeof output === "string" ? ` ${output}` : "";
}
