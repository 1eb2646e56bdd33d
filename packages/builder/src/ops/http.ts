import { createHash } from "node:crypto";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { type Digest, digestAlgorithm, isDigest, writeLayer } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import type { HttpOp } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpContext, Output } from "../solver/op-runner.ts";
import type { DownloadResponse } from "./download.ts";
import type { OpEnvironment, OpKind } from "./op-environment.ts";

/**
 * A file from the web, as a layer with that one file: mode 0600, the time that the server gave it. The server is asked
 * each time whether the file is still the same, unless its digest is known.
 */
export function httpKind(env: OpEnvironment): OpKind<HttpOp> {
  return {
    cacheKey: async ({ op: { url, checksum, fileName } }) =>
      cacheKeyOf({ type: "http", url, checksum: checksum ?? null, fileName }),
    async restore({ op }, { layers, notes }, context) {
      if (!layers.every(({ diffId }) => env.store.has(diffId))) return undefined;
      if (op.checksum !== undefined) return layers;
      const { etag, lastModified } = notes ?? {};
      if (etag === undefined && lastModified === undefined) return undefined;
      const headers = {
        ...(etag === undefined ? {} : { "if-none-match": etag }),
        ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
      };
      const response = await env.download(op.url, { headers, signal: context.signal });
      if (response.status !== 304) await discard(response);
      return response.status === 304 ? layers : undefined;
    },
    execute: ({ op }, context) => download(env, op, context),
  };
}

/** A file as a server sent it. */
export interface Downloaded {
  readonly headers: DownloadResponse["headers"];
  /** Seconds since 1970, where the server says when the file was last changed. */
  readonly time: number | undefined;
}

/**
 * Downloads a file to the new file `file`.
 * @throws BuildError DOWNLOAD_FAILED, DIGEST_MISMATCH
 */
export async function downloadTo(
  file: string,
  op: HttpOp,
  env: Pick<OpEnvironment, "download">,
  context: Omit<OpContext, "log">,
): Promise<Downloaded> {
  const response = await get(env, op.url, context);
  const digest = await save(response, file, op, context);
  if (op.checksum !== undefined && digest !== op.checksum)
    throw new BuildError("DIGEST_MISMATCH", `${shown(op.url)} has the digest ${digest}, not ${op.checksum}`, {
      hint: "The file has changed on the server, or the checksum is of another file.",
    });
  const time = Date.parse(response.headers.get("last-modified") ?? "");
  return { headers: response.headers, time: Number.isNaN(time) ? undefined : Math.floor(time / 1000) };
}

async function download(env: OpEnvironment, op: HttpOp, context: OpContext): Promise<Output> {
  const file = env.store.temporaryPath();
  try {
    const { headers, time = 0 } = await downloadTo(file, op, env, context);
    const etag = headers.get("etag");
    const lastModified = headers.get("last-modified");
    const mtime = new Date(time * 1000);
    const entry = { path: op.fileName, mode: 0o600, mtime, content: { file } };
    const layer = await writeLayer(env.store, [entry], { signal: context.signal });
    const notes = {
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
    return { layers: [layer], notes };
  } finally {
    rmSync(file, { force: true });
  }
}

async function get(
  env: Pick<OpEnvironment, "download">,
  url: string,
  { signal }: Pick<OpContext, "signal">,
): Promise<DownloadResponse> {
  const response = await env.download(url, { headers: {}, signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    const hint = "Check the address, the network and the proxy.";
    throw new BuildError("DOWNLOAD_FAILED", `cannot download ${shown(url)}`, { cause, hint });
  });
  if (response.status === 200) return response;
  await discard(response);
  throw new BuildError("DOWNLOAD_FAILED", `cannot download ${shown(url)}: the server answers ${response.status}`, {
    hint: "Check the address.",
  });
}

async function save(
  { body, headers }: DownloadResponse,
  file: string,
  { checksum, url }: HttpOp,
  context: Pick<OpContext, "progress">,
): Promise<Digest> {
  const algorithm = isDigest(checksum) ? digestAlgorithm(checksum) : "sha256";
  const hash = createHash(algorithm);
  const total = Number(headers.get("content-length") ?? "0");
  const descriptor = openSync(file, "wx", 0o600);
  try {
    let size = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
      size += chunk.length;
      context.progress(shown(url), size, total > 0 ? total : undefined);
    }
  } finally {
    closeSync(descriptor);
  }
  return `${algorithm}:${hash.digest("hex")}`;
}

async function discard({ body }: DownloadResponse): Promise<void> {
  for await (const _ of body) return;
}

/** An address without what may be secret in it. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
