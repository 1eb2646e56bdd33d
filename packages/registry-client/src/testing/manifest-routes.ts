import { createHash } from "node:crypto";
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  isDigest,
  MEDIA_TYPE,
  readAll,
  TsbuildError,
} from "@tsbuild/oci";
import { isRecord } from "../transport/answer.ts";
import { type Exchange, errorReply, jsonReply, type Reply } from "./exchange.ts";
import { blobKey, linkKey, manifestKey, readText, TAG, tagKey, writeText } from "./keys.ts";

const MAX_MANIFEST = 4 * 1024 * 1024;

/** GET, HEAD, PUT and DELETE of `/v2/<name>/manifests/<tag or digest>`. */
export async function manifestRoute(exchange: Exchange, name: string, reference: string): Promise<Reply> {
  const { method, storage } = exchange;
  if (!isDigest(reference) && !TAG.test(reference)) return errorReply(400, "TAG_INVALID", "not a tag");
  if (method === "PUT") return putManifest(exchange, name, reference);
  const digest = isDigest(reference) ? reference : await readText(storage, tagKey(name, reference));
  const mediaType = isDigest(digest) ? await readText(storage, manifestKey(name, digest)) : undefined;
  if (!isDigest(digest) || mediaType === undefined) {
    return errorReply(404, "MANIFEST_UNKNOWN", `manifest unknown: ${reference}`);
  }
  if (method === "DELETE") return deleteManifest(exchange, name, reference);
  if (method !== "GET" && method !== "HEAD") return errorReply(405, "UNSUPPORTED", "no such method on manifests");
  const size = (await storage.size(blobKey(digest))) ?? 0;
  const headers = { "content-type": mediaType, "docker-content-digest": digest, etag: `"${digest}"` };
  return { status: 200, headers, size, body: storage.read(blobKey(digest)) };
}

async function putManifest(exchange: Exchange, name: string, reference: string): Promise<Reply> {
  const { storage, headers } = exchange;
  const bytes = await readLimited(exchange);
  if (bytes === undefined) return errorReply(413, "SIZE_INVALID", "the manifest is too large");
  const manifest = parse(bytes);
  const mediaType = headers["content-type"];
  if (manifest === undefined || mediaType === undefined || (manifest.mediaType ?? mediaType) !== mediaType) {
    return errorReply(400, "MANIFEST_INVALID", "manifest invalid");
  }
  const digest = hashed(reference, bytes);
  if (isDigest(reference) && digest !== reference)
    return errorReply(400, "DIGEST_INVALID", "not the digest of this manifest");
  const missing = await missingChild(exchange, name, manifest);
  if (missing !== undefined) return errorReply(400, "MANIFEST_BLOB_UNKNOWN", `blob unknown to registry: ${missing}`);
  await writeText(storage, blobKey(digest), bytes);
  await writeText(storage, manifestKey(name, digest), mediaType);
  if (!isDigest(reference)) await writeText(storage, tagKey(name, reference), digest);
  const subject = digestWithin(manifest.subject);
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(subject === undefined ? {} : { "oci-subject": subject }),
    },
    size: 0,
  };
}

/** A tag alone, or a manifest with all tags that point to it. */
async function deleteManifest({ storage }: Exchange, name: string, reference: string): Promise<Reply> {
  if (!isDigest(reference)) {
    await storage.remove(tagKey(name, reference));
    return { status: 202, size: 0 };
  }
  for (const tag of await storage.list(tagKey(name, ""))) {
    if ((await readText(storage, tagKey(name, tag))) === reference) await storage.remove(tagKey(name, tag));
  }
  await storage.remove(manifestKey(name, reference));
  return { status: 202, size: 0 };
}

/** GET of `/v2/<name>/referrers/<digest>`: the manifests whose subject that is. */
export async function referrersRoute(exchange: Exchange, name: string, subject: string): Promise<Reply> {
  const { storage, url } = exchange;
  if (!isDigest(subject)) return errorReply(400, "DIGEST_INVALID", "not a digest");
  const wanted = url.searchParams.get("artifactType");
  const manifests: Descriptor[] = [];
  for (const digest of await storage.list(manifestKey(name, "" as Digest))) {
    const referrer = isDigest(digest) ? await describeReferrer(exchange, name, { digest, subject }) : undefined;
    if (referrer !== undefined && (wanted === null || referrer.artifactType === wanted)) manifests.push(referrer);
  }
  const filtered = wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  const headers = { "content-type": MEDIA_TYPE.ociIndex, ...filtered };
  return jsonReply(200, { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }, headers);
}

async function describeReferrer(
  { storage }: Exchange,
  name: string,
  { digest, subject }: { readonly digest: Digest; readonly subject: Digest },
): Promise<Descriptor | undefined> {
  const text = (await readText(storage, blobKey(digest))) ?? "";
  const manifest = parse(Buffer.from(text));
  if (manifest === undefined || digestWithin(manifest.subject) !== subject) return undefined;
  const mediaType = (await readText(storage, manifestKey(name, digest))) ?? "";
  const { artifactType, config, annotations } = manifest;
  const type = artifactType ?? (isRecord(config) ? config.mediaType : undefined);
  return {
    mediaType,
    digest,
    size: Buffer.byteLength(text),
    ...(typeof type === "string" ? { artifactType: type } : {}),
    ...(isRecord(annotations) ? { annotations: annotations as Record<string, string> } : {}),
  };
}

async function readLimited({ body }: Exchange): Promise<Uint8Array | undefined> {
  try {
    return await readAll(body, { limit: MAX_MANIFEST });
  } catch (error) {
    if (TsbuildError.is(error, "CONTENT_TOO_LARGE")) return undefined;
    throw error;
  }
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The digest of the first thing that a manifest lists and the repository lacks. */
async function missingChild(
  { storage }: Exchange,
  name: string,
  { config, layers, manifests }: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const blobs = [config, ...(Array.isArray(layers) ? layers : [])].filter(mustBeThere).map(digestWithin);
  const children = (Array.isArray(manifests) ? manifests : []).map(digestWithin);
  for (const digest of blobs) {
    if (digest !== undefined && (await storage.size(linkKey(name, digest))) === undefined) return digest;
  }
  for (const digest of children) {
    if (digest !== undefined && (await storage.size(manifestKey(name, digest))) === undefined) return digest;
  }
  return undefined;
}

/** Layers that may not be handed on lie elsewhere (image-spec, layer.md, "Non-Distributable Layers"). */
function mustBeThere(descriptor: unknown): boolean {
  const mediaType = isRecord(descriptor) ? String(descriptor.mediaType) : "";
  return !mediaType.includes(".nondistributable.") && mediaType !== MEDIA_TYPE.dockerForeignLayerGzip;
}

function digestWithin(descriptor: unknown): Digest | undefined {
  return isRecord(descriptor) && isDigest(descriptor.digest) ? descriptor.digest : undefined;
}

function hashed(reference: string, bytes: Uint8Array): Digest {
  const algorithm = isDigest(reference) ? digestAlgorithm(reference) : "sha256";
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
