import { bytesOf, sizeMismatch, verified } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { streamRange } from "../layer/stream-range.ts";
import type { FileRange } from "../layer/tree.ts";
import { parseIndex } from "../manifest.ts";
import { type ArchiveFile, type ArchiveFileOptions, notAnArchive, openArchiveFile } from "./archive-file.ts";
import { type ReadArchive, readDockerArchive } from "./docker-archive.ts";
import { entryName, withoutName } from "./layout-index.ts";
import { storeName } from "./local-store-resolve.ts";
import { notFound } from "./not-found.ts";
import type { ImageSource } from "./store.ts";

/** An archive of images that is being read. */
export interface Archive extends ImageSource, AsyncDisposable {
  /** What lies in the archive; an image without a name can be resolved by its digest. */
  images(): Promise<readonly { readonly name?: string; readonly descriptor: Descriptor }[]>;
  /** The names in the archive, as it writes them. */
  names(): Promise<readonly string[]>;
  /** Removes what was unpacked from a packed archive. */
  close(): Promise<void>;
}

/**
 * Opens an archive of images: an OCI layout in a tar, or what `docker save` writes; plain, gzip or zstd. A plain one is
 * read in place. Names match in any spelling: `debian:12` is `docker.io/library/debian:12`.
 * @throws TsbuildError NOT_FOUND, ARCHIVE_INVALID, TAR_INVALID, CONFIG_INVALID, ZSTD_UNSUPPORTED
 */
export async function openArchive(file: string, options: ArchiveFileOptions = {}): Promise<Archive> {
  const archive = await openArchiveFile(file, options);
  try {
    return createArchive(file, archive, await readArchive(file, archive));
  } catch (error) {
    archive.close();
    throw error;
  }
}

// Docker's newer archives can be read in both ways; as an OCI layout they keep their manifests.
async function readArchive(file: string, archive: ArchiveFile): Promise<ReadArchive> {
  const index = await archive.read("index.json");
  if (index !== undefined) {
    const images = parseIndex(index).manifests.map((entry) => {
      const name = entryName(entry);
      return { ...(name !== undefined && { name }), descriptor: withoutName(entry) };
    });
    return { images, contents: new Map() };
  }
  const manifest = await archive.read("manifest.json");
  if (manifest === undefined) throw notAnArchive(file, "it has neither index.json nor manifest.json");
  return readDockerArchive(file, archive, manifest);
}

function createArchive(file: string, archive: ArchiveFile, { images, contents }: ReadArchive): Archive {
  const contentOf = ({ digest }: Descriptor): FileRange | Uint8Array | undefined =>
    contents.get(digest) ?? archive.find(`blobs/${digest.replace(":", "/")}`);
  const names = images.flatMap(({ name }) => name ?? []);
  return {
    images: async () => images,
    names: async () => names,
    async resolve(name) {
      const found = images.find((image) => isCalled(image, name));
      if (found === undefined) throw notFound(name, file, `it has: ${names.join(", ") || "no names"}`);
      return found.descriptor;
    },
    async fetch(target, options) {
      const content = contentOf(target);
      if (content === undefined) throw notFound(target.digest, file);
      if (content instanceof Uint8Array) return verified(target, bytesOf(content));
      if (content.size !== target.size) throw sizeMismatch(target, String(content.size));
      return verified(target, streamRange(content, options));
    },
    exists: async (target) => contentOf(target) !== undefined,
    close: async () => archive.close(),
    [Symbol.asyncDispose]: async () => archive.close(),
  };
}

function isCalled(image: ReadArchive["images"][number], name: string): boolean {
  if (image.name === name || image.descriptor.digest === name) return true;
  return image.name !== undefined && !isDigest(name) && fullName(image.name) === (fullName(name) ?? name);
}

// An archive may call an image by what is no reference at all.
function fullName(name: string): string | undefined {
  try {
    return storeName(name);
  } catch (error) {
    if (TsbuildError.is(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}
