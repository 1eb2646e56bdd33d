export { type AbortOptions, type Bytes, bytesOf, type ReadAllOptions, readAll, verified, verifiedAs } from "./bytes.ts";
export { chainIds } from "./chain-id.ts";
export {
  type ContainerConfig,
  type Healthcheck,
  type HistoryEntry,
  type ImageConfig,
  parseImageConfig,
} from "./config.ts";
export { type Archive, openArchive } from "./content/archive.ts";
export type { ArchiveFileOptions } from "./content/archive-file.ts";
export {
  type ArchiveImage,
  type ArchiveOutput,
  writeDockerArchive,
  writeOciArchive,
} from "./content/archive-write.ts";
export type { ManifestFormat } from "./content/convert.ts";
export { type CopyContentOptions, type CopyImageOptions, copyContent, copyImage } from "./content/copy.ts";
export { withFallback } from "./content/fallback.ts";
export { childrenOf, type GraphNode, hasChildren, readNode, type WalkOptions, walkGraph } from "./content/graph.ts";
export { type Layout, type OpenLayoutOptions, openLayout } from "./content/layout.ts";
export type { LocalStore, NamedImage, StoreProblem } from "./content/local-store.ts";
export { defaultRoot, openStore } from "./content/local-store-open.ts";
export { createMemoryStore } from "./content/memory.ts";
export {
  addToReferrersTag,
  describeReferrer,
  listReferrers,
  type ReferrersOptions,
  readReferrersTag,
  referrersTag,
  removeFromReferrersTag,
} from "./content/referrers.ts";
export { selectManifest } from "./content/select-platforms.ts";
export type { ContentSource, ContentStore, FileStore, ImageSource, ImageTarget, PushOptions } from "./content/store.ts";
export type { TransferEvent } from "./content/transfer.ts";
export { type Descriptor, parseDescriptor } from "./descriptor.ts";
export { type Digest, digestAlgorithm, digestHex, digestOf, isDigest, parseDigest } from "./digest.ts";
export { TsbuildError, type TsbuildErrorOptions } from "./error.ts";
export { withFileLock } from "./file-lock.ts";
export {
  extendImage,
  type Image,
  type ImageEdit,
  type ImageParts,
  type ReadImageOptions,
  readImage,
  scratch,
  writeImage,
} from "./image.ts";
export { mergeConfig, mergeEnv } from "./image-config.ts";
export { validateImage } from "./image-validate.ts";
export { canonicalJson } from "./json.ts";
export { compressLayer } from "./layer/compress.ts";
export { type Extracted, type ExtractOptions, extractTree, streamTree } from "./layer/extract.ts";
export type { FileEntry } from "./layer/file-entry.ts";
export { type AddedFile, createFileLayer, type FileLayer, type FileLayerOptions } from "./layer/file-layer.ts";
export { readLayerIndex } from "./layer/index-file.ts";
export type { Layer } from "./layer/layer.ts";
export type { IndexedDirectory, IndexedEntry, LayerIndex, LayerStore } from "./layer/layer-index.ts";
export { openTree } from "./layer/open-tree.ts";
export type { PackedCompression, PackOptions } from "./layer/pack.ts";
export { type MakePlainOptions, makePlain } from "./layer/plain.ts";
export { streamFile, streamRange } from "./layer/stream-range.ts";
export type { FileRange, Tree, TreeEntry } from "./layer/tree.ts";
export { OPAQUE_NAME, WHITEOUT_PREFIX, type Whiteout, whiteoutOf } from "./layer/whiteout.ts";
export { type WriteLayerOptions, writeLayer } from "./layer/write.ts";
export { type Index, type Manifest, parseIndex, parseManifest } from "./manifest.ts";
export {
  type Compression,
  isIndexType,
  isManifestType,
  layerCompression,
  layerMediaType,
  MEDIA_TYPE,
} from "./media-type.ts";
export { addLayerFile } from "./mutate/add-layer-file.ts";
export { type AnnotationEdit, annotate } from "./mutate/annotate.ts";
export { type AppendOptions, appendLayers } from "./mutate/append-layers.ts";
export { convertImage } from "./mutate/convert-image.ts";
export { editConfig } from "./mutate/edit-config.ts";
export { type RebaseOptions, rebaseImage } from "./mutate/rebase-image.ts";
export { type RecompressOptions, recompressImage } from "./mutate/recompress-image.ts";
export { flattenImage, type SquashOptions, squashImage } from "./mutate/squash-image.ts";
export { type ArtifactBlob, type ArtifactParts, writeArtifact } from "./mutate/write-artifact.ts";
export { editIndex, type IndexEdit, type IndexParts, indexEntry, writeIndex } from "./mutate/write-index.ts";
export {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
  parsePlatformSpecifier,
} from "./platform.ts";
export { matchPlatform, type PlatformMode, platformMatches, platformOrder } from "./platform-match.ts";
export { familiarName, formatReference, parseReference, type Reference, withDefaultTag } from "./reference.ts";
export { tarPadding } from "./tar/block.ts";
export type { Entry, EntryType } from "./tar/entry.ts";
export { compareNames, decodeName, encodeName } from "./tar/name.ts";
export { readTar, type TarFile } from "./tar/read.ts";
export { encodeEntry, TAR_END } from "./tar/write.ts";
export { workerUrl } from "./worker-url.ts";
