import { createHash, randomUUID } from "node:crypto";
import { type Digest, digestAlgorithm, digestHex, isDigest } from "@tsbuild/oci";
import { type Exchange, errorReply, type Reply } from "./exchange.ts";
import { blobKey, linkKey, NAME, nothing } from "./keys.ts";

const OCTETS = "application/octet-stream";

/** GET, HEAD and DELETE of `/v2/<name>/blobs/<digest>`, ranges included. */
export async function blobRoute(exchange: Exchange, name: string, digest: string): Promise<Reply> {
  const { storage, method } = exchange;
  if (!isDigest(digest)) return errorReply(400, "DIGEST_INVALID", "not a digest");
  if ((await storage.size(linkKey(name, digest))) === undefined) {
    return errorReply(404, "BLOB_UNKNOWN", "blob unknown to registry");
  }
  if (method === "DELETE") {
    await storage.remove(linkKey(name, digest));
    return { status: 202, size: 0 };
  }
  if (method !== "GET" && method !== "HEAD") return errorReply(405, "UNSUPPORTED", "no such method on blobs");
  const size = (await storage.size(blobKey(digest))) ?? 0;
  const headers = {
    "content-type": OCTETS,
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    "accept-ranges": "bytes",
  };
  const range = method === "GET" ? readRange(exchange.headers.range, size) : undefined;
  if (range === undefined) return { status: 200, headers, size, body: storage.read(blobKey(digest)) };
  if (range.start >= size) return { status: 416, headers: { "content-range": `bytes */${size}` }, size: 0 };
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${range.start}-${range.end - 1}/${size}` },
    size: range.end - range.start,
    body: storage.read(blobKey(digest), range),
  };
}

function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  return { start: Number(match[1]), end: match[2] ? Math.min(size, Number(match[2]) + 1) : size };
}

/** POST of `/v2/<name>/blobs/uploads/`: opens a session, mounts, or takes a whole blob. */
export async function openUpload(exchange: Exchange, name: string): Promise<Reply> {
  const { url, storage } = exchange;
  const mount = url.searchParams.get("mount");
  const from = url.searchParams.get("from") ?? "";
  if (
    mount !== null &&
    isDigest(mount) &&
    NAME.test(from) &&
    (await storage.size(linkKey(from, mount))) !== undefined
  ) {
    await storage.append(linkKey(name, mount), nothing());
    return created(name, mount);
  }
  const id = randomUUID();
  await storage.append(`uploads/${id}`, exchange.body);
  const digest = url.searchParams.get("digest");
  if (digest !== null) return finishUpload(exchange, name, id);
  return { status: 202, headers: sessionHeaders(name, id, 0), size: 0 };
}

/** GET, PATCH, PUT and DELETE of an upload session. */
export async function uploadRoute(exchange: Exchange, name: string, id: string): Promise<Reply> {
  const { method, storage, body } = exchange;
  const key = `uploads/${id}`;
  const size = /^[0-9a-f-]{36}$/.test(id) ? await storage.size(key) : undefined;
  if (size === undefined) return errorReply(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  if (method === "GET") return { status: 204, headers: sessionHeaders(name, id, size), size: 0 };
  if (method === "DELETE") {
    await storage.remove(key);
    return { status: 204, size: 0 };
  }
  if (method !== "PATCH" && method !== "PUT") return errorReply(405, "UNSUPPORTED", "no such method on uploads");
  const start = /^(\d+)-\d+$/.exec(exchange.headers["content-range"] ?? "")?.[1];
  if (start !== undefined && Number(start) !== size)
    return { status: 416, headers: sessionHeaders(name, id, size), size: 0 };
  const newSize = await storage.append(key, body);
  if (method === "PUT") return finishUpload(exchange, name, id);
  return { status: 202, headers: sessionHeaders(name, id, newSize), size: 0 };
}

async function finishUpload({ url, storage }: Exchange, name: string, id: string): Promise<Reply> {
  const key = `uploads/${id}`;
  const digest = url.searchParams.get("digest") ?? "";
  if (!isDigest(digest)) return errorReply(400, "DIGEST_INVALID", "not a digest");
  const hash = createHash(digestAlgorithm(digest));
  for await (const chunk of storage.read(key)) hash.update(chunk);
  if (hash.digest("hex") !== digestHex(digest)) {
    await storage.remove(key);
    return errorReply(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  await storage.move(key, blobKey(digest));
  await storage.append(linkKey(name, digest), nothing());
  return created(name, digest);
}

function created(name: string, digest: Digest): Reply {
  const location = `/v2/${name}/blobs/${digest}`;
  return { status: 201, headers: { location, "docker-content-digest": digest }, size: 0 };
}

function sessionHeaders(name: string, id: string, size: number): Record<string, string> {
  return { location: `/v2/${name}/blobs/uploads/${id}?state=kept`, range: `0-${Math.max(0, size - 1)}` };
}
