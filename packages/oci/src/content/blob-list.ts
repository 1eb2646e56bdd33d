import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Descriptor } from "../descriptor.ts";
import { type Digest, isDigest } from "../digest.ts";
import { errorCode } from "../file.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { isRecord, JSON_LIMIT } from "../shape.ts";

/** A file below `blobs/`. */
export interface BlobFile {
  readonly path: string;
  /** Undefined where the file's name is no digest. */
  readonly digest: Digest | undefined;
  readonly size: number;
  /** When it was written or last found useful, in milliseconds since 1970. */
  readonly touchedMs: number;
}

/** All files below `root/blobs`. */
export function* listBlobs(root: string): Generator<BlobFile, void, undefined> {
  for (const algorithm of namesIn(join(root, "blobs"))) {
    for (const hex of namesIn(join(root, "blobs", algorithm))) {
      const path = join(root, "blobs", algorithm, hex);
      const stat = statSync(path, { throwIfNoEntry: false });
      const digest = `${algorithm}:${hex}`;
      if (stat?.isFile())
        yield { path, digest: isDigest(digest) ? digest : undefined, size: stat.size, touchedMs: stat.mtimeMs };
    }
  }
}

/** A manifest or index found by its looks. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  /** Of a manifest: the image's id. */
  readonly configDigest?: string;
}

/** What the blob at `path` is, where it is a manifest or index: told by its content, for blobs that nobody names. */
export function sniffManifest(path: string, digest: Digest): FoundManifest | undefined {
  const content = readJsonFile(path);
  if (content === undefined) return undefined;
  const { document, size } = content;
  const { mediaType, config, layers, manifests } = document;
  if (Array.isArray(manifests))
    return { descriptor: { mediaType: typeOr(mediaType, MEDIA_TYPE.ociIndex), digest, size } };
  const { digest: configDigest } = isRecord(config) ? config : {};
  if (!Array.isArray(layers) || typeof configDigest !== "string") return undefined;
  const descriptor = { mediaType: typeOr(mediaType, MEDIA_TYPE.ociManifest), digest, size };
  return { descriptor, configDigest };
}

function readJsonFile(path: string): { document: Readonly<Record<string, unknown>>; size: number } | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > JSON_LIMIT || !startsLikeJson(path)) return undefined;
  try {
    const document: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(document) ? { document, size } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function startsLikeJson(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(16);
    return start.toString("latin1", 0, readSync(file, start)).trimStart().startsWith("{");
  } finally {
    closeSync(file);
  }
}

function typeOr(mediaType: unknown, otherwise: string): string {
  return typeof mediaType === "string" ? mediaType : otherwise;
}

/** The paths of what lies in a folder, in order; none where there is no such folder. */
export function listFiles(directory: string): readonly string[] {
  return namesIn(directory).map((name) => join(directory, name));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
