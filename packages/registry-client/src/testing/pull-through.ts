import { randomUUID } from "node:crypto";
import {
  type Descriptor,
  type Digest,
  hasChildren,
  type ImageSource,
  isDigest,
  readAll,
  TsbuildError,
} from "@tsbuild/oci";
import { isRecord } from "../transport/answer.ts";
import { type Exchange, errorReply, type Reply } from "./exchange.ts";
import { blobKey, linkKey, manifestKey, NAME, nothing, readText, TAG, tagKey, writeText } from "./keys.ts";

/**
 * Where a repository's content is fetched from that is not here.
 * @param registry What the client meant (`ns`), where it said so.
 */
export type Upstream = (name: string, registry: string | undefined) => ImageSource | undefined;

type Handler = (exchange: Exchange) => Promise<Reply>;

const MAX_MANIFEST = 4 * 1024 * 1024;

/**
 * Answers reads with what an upstream has, which is then kept. A tag is asked for each time, since it may have moved;
 * where the upstream cannot be reached, what was kept answers.
 */
export function pullThrough(next: Handler, upstream: Upstream): Handler {
  const underWay = new Map<string, Promise<void>>();
  const once = (key: string, work: () => Promise<void>): Promise<void> => {
    const known = underWay.get(key) ?? work().finally(() => underWay.delete(key));
    underWay.set(key, known);
    return known;
  };
  return async (exchange) => {
    const [, name = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(exchange.url.pathname) ?? [];
    const reading = exchange.method === "GET" || exchange.method === "HEAD";
    const source =
      reading && NAME.test(name) ? upstream(name, exchange.url.searchParams.get("ns") ?? undefined) : undefined;
    if (source === undefined) return next(exchange);
    const cache: Cache = { exchange, source, name };
    try {
      await once(`${name} ${reference}`, () =>
        kind === "blobs" ? keepBlob(cache, reference) : keepManifest(cache, reference),
      );
    } catch (error) {
      const reply = await next(exchange);
      return reply.status === 404 ? failure(error) : reply;
    }
    return next(exchange);
  };
}

interface Cache {
  readonly exchange: Exchange;
  readonly source: ImageSource;
  readonly name: string;
}

async function keepManifest({ exchange: { storage }, source, name }: Cache, reference: string): Promise<void> {
  if (!isDigest(reference) && !TAG.test(reference)) return;
  if (isDigest(reference) && (await storage.size(manifestKey(name, reference))) !== undefined) return;
  const descriptor = await source.resolve(reference);
  if ((await storage.size(manifestKey(name, descriptor.digest))) === undefined) {
    const bytes = await readAll(await source.fetch(descriptor), { limit: MAX_MANIFEST });
    await writeText(storage, blobKey(descriptor.digest), bytes);
    await writeText(storage, manifestKey(name, descriptor.digest), descriptor.mediaType);
  }
  if (!isDigest(reference)) await writeText(storage, tagKey(name, reference), descriptor.digest);
}

async function keepBlob(cache: Cache, digest: string): Promise<void> {
  const { source, name } = cache;
  const { storage } = cache.exchange;
  if (!isDigest(digest) || (await storage.size(linkKey(name, digest))) !== undefined) return;
  const descriptor = await findDescriptor(cache, digest);
  if (descriptor === undefined) return;
  const upload = `uploads/${randomUUID()}`;
  try {
    // The stream fails at its end where it is not this blob: nothing is moved to its place then.
    await storage.append(upload, await source.fetch(descriptor));
    await storage.move(upload, blobKey(digest));
    await storage.append(linkKey(name, digest), nothing());
  } finally {
    await storage.remove(upload);
  }
}

/** What a manifest that was asked for before says of a blob: clients ask for blobs only after their manifest. */
async function findDescriptor({ exchange: { storage }, name }: Cache, digest: Digest): Promise<Descriptor | undefined> {
  for (const manifest of await storage.list(manifestKey(name, "" as Digest))) {
    const text = isDigest(manifest) ? await readText(storage, blobKey(manifest)) : undefined;
    const found = text?.includes(digest) ? descriptorWithin(JSON.parse(text), digest) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function descriptorWithin(manifest: unknown, digest: Digest): Descriptor | undefined {
  if (!isRecord(manifest)) return undefined;
  const { config, layers } = manifest;
  const all: readonly unknown[] = [config, ...(Array.isArray(layers) ? layers : [])];
  const found = all.find((entry) => isRecord(entry) && entry.digest === digest) as Descriptor | undefined;
  return found === undefined || hasChildren(found) ? undefined : found;
}

function failure(error: unknown): Reply {
  if (TsbuildError.is(error, "NOT_FOUND")) return errorReply(404, "MANIFEST_UNKNOWN", error.message);
  return errorReply(502, "UNAVAILABLE", TsbuildError.is(error) ? error.message : "the upstream failed");
}
