import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BuildResult } from "@tsbuild/builder";
import { familiarName, parseReference } from "@tsbuild/oci";
import type { Context } from "../context.ts";

interface Results {
  readonly result: BuildResult;
  /** Full references. */
  readonly tags: readonly string[];
  readonly iidfile?: string;
  readonly metadataFile?: string;
}

/** Writes the files that `--iidfile` and `--metadata-file` ask for, in buildx's form. */
export function writeResultFiles({ terminal: { cwd } }: Context, { result, tags, ...files }: Results): void {
  if (files.iidfile !== undefined) writeFileSync(resolve(cwd, files.iidfile), idOf(result));
  if (files.metadataFile === undefined) return;
  const metadata = {
    "containerimage.config.digest": result.imageId,
    "containerimage.descriptor": result.image,
    "containerimage.digest": result.image.digest,
    ...(tags.length === 0 ? {} : { "image.name": tags.map((tag) => familiarName(parseReference(tag))).join(",") }),
  };
  writeFileSync(resolve(cwd, files.metadataFile), `${JSON.stringify(metadata, null, 2)}\n`);
}

/** What a script calls the result by: an image's id, the digest of an index. */
export function idOf({ imageId, image, platforms }: BuildResult): string {
  return platforms.length > 1 ? image.digest : imageId;
}
