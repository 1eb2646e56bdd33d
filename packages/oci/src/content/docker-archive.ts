import { createHash } from "node:crypto";
import { parseImageConfig } from "../config.ts";
import type { Descriptor } from "../descriptor.ts";
import { type Digest, digestOf } from "../digest.ts";
import { canonicalJson } from "../json.ts";
import { sniffCompression } from "../layer/decompress.ts";
import { streamRange } from "../layer/stream-range.ts";
import type { FileRange } from "../layer/tree.ts";
import type { Manifest } from "../manifest.ts";
import { type Compression, MEDIA_TYPE } from "../media-type.ts";
import { listOf, object, parseDocument, text } from "../shape.ts";
import { type ArchiveFile, notAnArchive } from "./archive-file.ts";

/** An entry of a Docker archive's `manifest.json`. */
export interface DockerArchiveImage {
  /** Where in the archive the config lies. */
  readonly Config: string;
  /** Familiar names with tag. */
  readonly RepoTags?: readonly string[];
  /** Where the layers lie, lowest first. */
  readonly Layers?: readonly string[];
}

/** A Docker archive read as a source of content. */
export interface ReadArchive {
  readonly images: readonly { readonly name?: string; readonly descriptor: Descriptor }[];
  /** Where the content of each digest lies, or the content itself. */
  readonly contents: ReadonlyMap<string, FileRange | Uint8Array>;
}

const SHAPE = listOf(object({ Config: text }, { RepoTags: listOf(text), Layers: listOf(text) }));
const LAYER_TYPE: Readonly<Record<Compression, string>> = {
  none: MEDIA_TYPE.dockerLayer,
  gzip: MEDIA_TYPE.dockerLayerGzip,
  zstd: MEDIA_TYPE.ociLayerZstd,
};

/**
 * Reads a Docker archive (`docker save`, `skopeo copy`): it has no manifests, so each image is given one made of its
 * config and layers as they lie there.
 * @throws TsbuildError ARCHIVE_INVALID, CONFIG_INVALID
 */
export async function readDockerArchive(file: string, archive: ArchiveFile, json: Uint8Array): Promise<ReadArchive> {
  const what = `manifest.json of ${file}`;
  const entries = parseDocument<readonly DockerArchiveImage[], string>(json, SHAPE, { what, code: "ARCHIVE_INVALID" });
  const contents = new Map<string, FileRange | Uint8Array>();
  const images: { name?: string; descriptor: Descriptor }[] = [];
  for (const entry of entries) {
    const descriptor = await manifestOf(entry, { file, archive, contents });
    const names = entry.RepoTags ?? [];
    images.push(...(names.length === 0 ? [{ descriptor }] : names.map((name) => ({ name, descriptor }))));
  }
  return { images, contents };
}

interface Context {
  readonly file: string;
  readonly archive: ArchiveFile;
  readonly contents: Map<string, FileRange | Uint8Array>;
}

async function manifestOf({ Config, Layers = [] }: DockerArchiveImage, context: Context): Promise<Descriptor> {
  const bytes = await context.archive.read(Config);
  if (bytes === undefined) throw notAnArchive(context.file, `the config ${Config} is missing`);
  const diffIds = parseImageConfig(bytes).rootfs.diff_ids;
  if (diffIds.length !== Layers.length)
    throw notAnArchive(context.file, `the config names ${diffIds.length} layers, manifest.json ${Layers.length}`);
  const layers: Descriptor[] = [];
  for (const [at, name] of Layers.entries()) layers.push(await layerOf(name, diffIds[at] as Digest, context));
  const config = addContent(context, MEDIA_TYPE.dockerConfig, bytes);
  const manifest: Manifest = { schemaVersion: 2, mediaType: MEDIA_TYPE.dockerManifest, config, layers };
  return addContent(context, MEDIA_TYPE.dockerManifest, canonicalJson(manifest));
}

// A plain layer has its diffId for a digest, which is checked when it is read; only a packed one must be read now.
async function layerOf(name: string, diffId: Digest, { file, archive, contents }: Context): Promise<Descriptor> {
  const range = archive.find(name);
  if (range === undefined) throw notAnArchive(file, `the layer ${name} is missing`);
  const compression = sniffCompression(await startOf(range));
  const digest = compression === "none" ? diffId : await digestOfRange(range);
  contents.set(digest, range);
  return { mediaType: LAYER_TYPE[compression], digest, size: range.size };
}

function addContent({ contents }: Context, mediaType: string, content: Uint8Array): Descriptor {
  const digest = digestOf(content);
  contents.set(digest, content);
  return { mediaType, digest, size: content.byteLength };
}

async function startOf(range: FileRange): Promise<Uint8Array> {
  for await (const chunk of streamRange({ ...range, size: Math.min(range.size, 4) })) return chunk;
  return new Uint8Array();
}

async function digestOfRange(range: FileRange): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of streamRange(range)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
