import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Descriptor } from "../descriptor.ts";
import { TsbuildError } from "../error.ts";
import { readFileIfThere, replaceFile } from "../file.ts";
import { withFileLock } from "../file-lock.ts";
import { canonicalJson } from "../json.ts";
import { type Index, parseIndex } from "../manifest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { createBlobFiles } from "./blob-files.ts";
import { LAYOUT_VERSION, parseLayoutHeader } from "./layout-header.ts";
import { namesOf, resolveInIndex, withName } from "./layout-index.ts";
import { notFound } from "./not-found.ts";
import type { FileStore, ImageTarget } from "./store.ts";

/** Options of {@link openLayout}. */
export interface OpenLayoutOptions {
  /** Make the layout where there is none. @default true */
  readonly create?: boolean;
}

/** An OCI image layout on disk. */
export interface Layout extends ImageTarget, FileStore {
  readonly directory: string;
  /** The names that its index gives, in its order. */
  names(): Promise<readonly string[]>;
}

/**
 * Opens an OCI image layout (image-spec, image-layout.md): a folder with `oci-layout`, `index.json` and `blobs/`. A
 * name is the annotation `org.opencontainers.image.ref.name`. Several processes may write to one layout at a time.
 * @throws TsbuildError NOT_FOUND, LAYOUT_INVALID
 */
export async function openLayout(directory: string, options: OpenLayoutOptions = {}): Promise<Layout> {
  const header = readFileIfThere(join(directory, "oci-layout"));
  if (header !== undefined) parseLayoutHeader(header);
  else if (options.create === false) throw notFound("an OCI image layout", directory, "check the path");
  else mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  const blobs = createBlobFiles(directory, join(directory, ".ingest-"));
  for (const path of blobs.leftBehind()) rmSync(path, { force: true });
  const layout = createLayout(directory, blobs);
  if (header === undefined) await initialise(directory, blobs.temporaryPath);
  return layout;
}

function createLayout(directory: string, blobs: FileStore): Layout {
  const indexPath = join(directory, "index.json");
  const read = (): Index => {
    const bytes = readFileIfThere(indexPath);
    if (bytes === undefined) throw new TsbuildError("LAYOUT_INVALID", `the OCI layout ${directory} has no index.json`);
    return parseIndex(bytes);
  };
  const hasBlob = (descriptor: Descriptor): boolean => blobs.has(descriptor.digest);
  return {
    ...blobs,
    directory,
    names: async () => namesOf(read()),
    async resolve(name) {
      const found = resolveInIndex(read(), name, blobs.blobPath);
      if (found === undefined)
        throw notFound(name, `the OCI layout ${directory}`, `it has: ${namesOf(read()).join(", ")}`);
      return found;
    },
    async tag(target, name, { signal } = {}) {
      if (!hasBlob(target)) throw notFound(target.digest, `the OCI layout ${directory}`);
      await withFileLock(
        join(directory, ".index.lock"),
        () => replaceFile(indexPath, canonicalJson(withName(read(), target, name)), blobs.temporaryPath()),
        { signal },
      );
    },
  };
}

async function initialise(directory: string, temporaryPath: () => string): Promise<void> {
  const empty: Index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
  await withFileLock(join(directory, ".index.lock"), () => {
    if (!existsSync(join(directory, "index.json")))
      replaceFile(join(directory, "index.json"), canonicalJson(empty), temporaryPath());
    const header = canonicalJson({ imageLayoutVersion: LAYOUT_VERSION });
    replaceFile(join(directory, "oci-layout"), header, temporaryPath());
  });
}
