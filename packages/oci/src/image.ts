import { type AbortOptions, bytesOf, readAll } from "./bytes.ts";
import { type ContainerConfig, type HistoryEntry, type ImageConfig, parseImageConfig } from "./config.ts";
import { type GraphNode, readNode } from "./content/graph.ts";
import { selectManifest } from "./content/select-platforms.ts";
import type { ContentSource, ContentStore, ImageSource } from "./content/store.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import { TsbuildError } from "./error.ts";
import { mergeConfig } from "./image-config.ts";
import { canonicalJson } from "./json.ts";
import type { Layer } from "./layer/layer.ts";
import type { Manifest } from "./manifest.ts";
import { layerMediaType, MEDIA_TYPE } from "./media-type.ts";
import { hostPlatform, type Platform, parsePlatform } from "./platform.ts";
import { JSON_LIMIT } from "./shape.ts";

/** An image as a value: what its manifest and config say. Nothing here changes. */
export interface Image {
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly layers: readonly Layer[];
}

/** Options of {@link readImage}. */
export interface ReadImageOptions extends AbortOptions {
  /** Which image of an index. @default this machine's, on Linux. An image without an index is taken whatever it is for. */
  readonly platform?: string | Platform;
}

/**
 * Reads the manifest and config of an image; its layers are not touched.
 *
 * @param name A name that `source` resolves, or a descriptor.
 * @throws TsbuildError NOT_FOUND, PLATFORM_NOT_FOUND, MANIFEST_INVALID, CONFIG_INVALID, IMAGE_INVALID
 */
export async function readImage(
  source: ImageSource,
  name: string | Descriptor,
  options: ReadImageOptions = {},
): Promise<Image> {
  const { signal, platform = hostPlatform() } = options;
  const root = typeof name === "string" ? await source.resolve(name, { signal }) : name;
  const wanted = typeof platform === "string" ? parsePlatform(platform) : platform;
  return imageOf(source, await findManifest(source, root, { wanted, signal }), { signal });
}

/** What {@link writeImage} writes. */
export interface ImageParts {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** With Docker's media types instead of OCI's. Layers packed with zstd keep theirs: Docker has none. @default false */
  readonly docker?: boolean;
}

/**
 * Writes an image's config and manifest to `store`. The layers are only named: they may be written before or after,
 * or lie elsewhere.
 * @throws TsbuildError IMAGE_INVALID where the config's diffIds are not those of the layers
 */
export async function writeImage(store: ContentStore, parts: ImageParts, options: AbortOptions = {}): Promise<Image> {
  const { image, contents } = encodeImage(parts);
  for (const { descriptor, content } of contents) await store.push(descriptor, () => bytesOf(content), options);
  return image;
}

/** An image without layers for this platform, the start of every image. It is not in any store. */
export function scratch(platform: string | Platform): Image {
  const { os, architecture, variant, ...rest } = typeof platform === "string" ? parsePlatform(platform) : platform;
  const config: ImageConfig = {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...rest,
    rootfs: { type: "layers", diff_ids: [] },
  };
  return encodeImage({ config, layers: [] }).image;
}

/** What {@link extendImage} adds. */
export interface ImageEdit {
  /** On top of the base's. */
  readonly layers?: readonly Layer[];
  /** Merged in: `Env` by name; `Labels`, `ExposedPorts` and `Volumes` by key; all else replaces what was there. */
  readonly config?: ContainerConfig;
  /** @default the base's, so that the same inputs give the same digest */
  readonly created?: Date;
  /** One entry for each layer and each step without one. @default an entry per layer */
  readonly history?: readonly HistoryEntry[];
}

/** Writes a new image to `store`: `base` with layers on top and config merged in. */
export async function extendImage(
  store: ContentStore,
  base: Image,
  edit: ImageEdit,
  options: AbortOptions = {},
): Promise<Image> {
  const layers = [...base.layers, ...(edit.layers ?? [])];
  const created = edit.created?.toISOString() ?? base.config.created;
  const history = extendHistory(base, edit, created);
  const config: ImageConfig = {
    ...base.config,
    ...(created !== undefined && { created }),
    ...(edit.config !== undefined && { config: mergeConfig(base.config.config ?? {}, edit.config) }),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...(history !== undefined && { history }),
  };
  const docker = base.manifest.mediaType === MEDIA_TYPE.dockerManifest;
  return writeImage(store, { config, layers, docker }, options);
}

interface Encoded {
  readonly image: Image;
  /** Children before parents. */
  readonly contents: readonly { readonly descriptor: Descriptor; readonly content: Uint8Array }[];
}

function encodeImage({ config, layers, annotations, docker = false }: ImageParts): Encoded {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== layers.length || layers.some(({ diffId }, at) => diffId !== diffIds[at]))
    throw new TsbuildError("IMAGE_INVALID", "the diffIds of the image's config are not those of its layers");
  const configBlob = describe(docker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig, config);
  const typed = layers.map(({ descriptor, diffId }) => {
    const mediaType = layerMediaType(descriptor.mediaType, docker ? "docker" : "oci");
    return { diffId, descriptor: { ...descriptor, mediaType } };
  });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: docker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    config: configBlob.descriptor,
    layers: typed.map(({ descriptor }) => descriptor),
    ...(annotations !== undefined && { annotations }),
  };
  const manifestBlob = describe(manifest.mediaType as string, manifest);
  const image = { descriptor: manifestBlob.descriptor, platform: platformOf(config), manifest, config, layers: typed };
  return { image, contents: [configBlob, manifestBlob] };
}

function describe(mediaType: string, value: unknown): { descriptor: Descriptor; content: Uint8Array } {
  const content = canonicalJson(value);
  return { descriptor: { mediaType, digest: digestOf(content), size: content.byteLength }, content };
}

async function findManifest(
  source: ContentSource,
  root: Descriptor,
  { wanted, signal }: AbortOptions & { readonly wanted: Platform },
): Promise<GraphNode> {
  let node = await readNode(source, root, { signal });
  for (let depth = 0; node.index !== undefined; depth += 1) {
    if (depth > 8) throw new TsbuildError("MANIFEST_INVALID", `${root.digest} holds indexes nested more than 8 deep`);
    node = await readNode(source, selectManifest(node.index.manifests, wanted), { signal });
  }
  return node;
}

/**
 * The image of a manifest that was read already.
 * @throws TsbuildError IMAGE_INVALID, CONFIG_INVALID, and those of `source.fetch`
 */
export async function imageOf(source: ContentSource, node: GraphNode, options: AbortOptions = {}): Promise<Image> {
  const { descriptor } = node;
  const manifest = node.manifest as Manifest;
  const { config: at } = manifest;
  if (at.mediaType !== MEDIA_TYPE.ociConfig && at.mediaType !== MEDIA_TYPE.dockerConfig)
    throw imageInvalid(descriptor, `it is an artifact of type ${manifest.artifactType ?? at.mediaType}, not an image`);
  if (at.size > JSON_LIMIT) throw imageInvalid(descriptor, `its config has ${at.size} bytes, more than ${JSON_LIMIT}`);
  const bytes = await readAll(await source.fetch(at, options), { limit: JSON_LIMIT, signal: options.signal });
  const config = parseImageConfig(bytes);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw imageInvalid(descriptor, `its config names ${diffIds.length} layers, its manifest ${manifest.layers.length}`);
  const layers = diffIds.map((diffId, at) => ({ diffId, descriptor: manifest.layers[at] as Descriptor }));
  return { descriptor, platform: platformOf(config), manifest, config, layers };
}

function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant, "os.version": version, "os.features": features } = config;
  return {
    os,
    architecture,
    ...(variant !== undefined && variant !== "" && { variant }),
    ...(version !== undefined && { "os.version": version }),
    ...(features !== undefined && { "os.features": features }),
  };
}

// Where the base tells no history for its layers, none can be told for those on top: the counts must agree.
function extendHistory(base: Image, edit: ImageEdit, created?: string): readonly HistoryEntry[] | undefined {
  const before = base.config.history ?? [];
  if (before.length === 0 && base.layers.length > 0) return undefined;
  const entry: HistoryEntry = { ...(created !== undefined && { created }), created_by: "tsbuild" };
  return [...before, ...(edit.history ?? (edit.layers ?? []).map(() => entry))];
}

function imageInvalid({ digest }: Descriptor, reason: string): TsbuildError<"IMAGE_INVALID"> {
  return new TsbuildError("IMAGE_INVALID", `cannot use ${digest} as an image: ${reason}`);
}
