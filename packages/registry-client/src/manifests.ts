import { createHash } from "node:crypto";
import {
  type AbortOptions,
  type Bytes,
  bytesOf,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  isDigest,
  isIndexType,
  isManifestType,
  MEDIA_TYPE,
  readAll,
  TsbuildError,
  verified,
} from "@tsbuild/oci";
import { attemptsAt, type RepositoryContext, repositoryRequest } from "./context.ts";
import { RegistryError } from "./error.ts";
import { expectStatus, invalidAnswer, isRecord } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import type { Endpoint } from "./transport/endpoint.ts";
import type { HttpResponse } from "./transport/http.ts";

/** Registries need not take more, and no sane image has it. */
const MAX_MANIFEST = 4 * 1024 * 1024;

const ACCEPT = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifestList,
  MEDIA_TYPE.dockerManifest,
].join(", ");

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Tells whether content of this type lies under `manifests/` rather than `blobs/`. */
export function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

/** The descriptor of a tag or digest: by HEAD, which no pull limit counts, and where that says too little by GET. */
export function resolveManifest(
  context: RepositoryContext,
  name: string,
  { signal }: AbortOptions = {},
): Promise<Descriptor> {
  checkName(context, name);
  return context.pulls.ask(
    async (endpoint) => {
      const request = manifestRequest(context, { method: "HEAD", name, endpoint, signal });
      const response = await context.transport.send(request, attemptsAt(endpoint));
      await response.discard();
      if (response.status === 404) await expectStatus(request, response, []);
      const descriptor = response.status === 200 ? describe(response) : undefined;
      if (descriptor !== undefined && (!isDigest(name) || descriptor.digest === name)) return descriptor;
      return (await getManifest(context, { name, endpoint, signal })).descriptor;
    },
    { name, signal },
  );
}

/** Reads a manifest whole: it is verified before the first byte is passed on. */
export async function fetchManifest(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<Bytes> {
  const content = await context.pulls.ask(
    async (endpoint) => {
      const { body } = await getManifest(context, {
        name: target.digest,
        endpoint,
        signal,
        mediaType: target.mediaType,
      });
      return readAll(verified(target, bytesOf(body)), { limit: MAX_MANIFEST });
    },
    { name: target.digest, signal },
  );
  return bytesOf(content);
}

export async function manifestExists(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<boolean> {
  const { endpoint } = context;
  const request = manifestRequest(context, { method: "HEAD", name: target.digest, endpoint, signal });
  const response = await context.transport.send(request);
  await response.discard();
  return response.status === 200;
}

/** Writes a manifest under a tag, or under its digest alone. All that it lists must be there before. */
export async function putManifest(
  context: RepositoryContext,
  target: Descriptor,
  { content, name, signal }: AbortOptions & { readonly content: Uint8Array; readonly name: string },
): Promise<void> {
  checkName(context, name);
  const request = repositoryRequest(context, {
    method: "PUT",
    path: `manifests/${name}`,
    purpose: `push ${at(context.name, name)}`,
    headers: { "content-type": target.mediaType },
    body: { size: content.byteLength, open: () => bytesOf(content) },
    signal,
  });
  const response = await expectStatus(request, await context.transport.send(request), [200, 201, 202, 204]);
  await response.discard();
  const stored = response.headers["docker-content-digest"];
  if (!isDigest(stored) || digestAlgorithm(stored) !== digestAlgorithm(target.digest) || stored === target.digest)
    return;
  throw new TsbuildError(
    "DIGEST_MISMATCH",
    `cannot ${request.purpose}: the registry stored ${stored} instead of ${target.digest}`,
    { hint: "the registry changes manifests; nothing can be pinned by digest there" },
  );
}

export async function deleteManifest(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<void> {
  const purpose = `delete ${at(context.name, target.digest)}`;
  const request = repositoryRequest(context, { method: "DELETE", path: `manifests/${target.digest}`, purpose, signal });
  const response = await context.transport.send(request);
  await (await expectStatus(request, response, [200, 202, 204])).discard();
}

interface Question extends AbortOptions {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** What we know it to be; without it the answer must say. */
  readonly mediaType?: string;
}

async function getManifest(
  context: RepositoryContext,
  question: Question,
): Promise<{ readonly descriptor: Descriptor; readonly body: Uint8Array }> {
  const request = manifestRequest(context, { ...question, method: "GET" });
  const response = await context.transport.send(request, attemptsAt(question.endpoint));
  await expectStatus(request, response, [200]);
  const body = await readManifestBody(request, response);
  const digest = digestAs(question.name, body);
  const mediaType = question.mediaType ?? mediaTypeOf(request, response, body);
  if (isDigest(question.name) && digest !== question.name) {
    throw new TsbuildError(
      "DIGEST_MISMATCH",
      `cannot ${request.purpose}: expected ${question.name}, but what ${request.url.host} sent is ${digest}`,
      { hint: "the registry or something on the way to it changed the content; nothing of it was kept" },
    );
  }
  return { descriptor: { mediaType, digest, size: body.byteLength }, body };
}

async function readManifestBody(request: RegistryRequest, response: HttpResponse): Promise<Uint8Array> {
  try {
    return await readAll(response.body, { limit: MAX_MANIFEST, signal: request.signal });
  } catch (error) {
    if (TsbuildError.is(error, "CONTENT_TOO_LARGE")) throw invalidAnswer(request, "a manifest of over 4 MiB", error);
    throw error;
  }
}

function manifestRequest(
  context: RepositoryContext,
  question: Question & { readonly method: "GET" | "HEAD" },
): RegistryRequest {
  const { name, method, endpoint, signal, mediaType } = question;
  const accept = mediaType === undefined || ACCEPT.includes(mediaType) ? ACCEPT : `${mediaType}, ${ACCEPT}`;
  const verb = method === "HEAD" ? "find" : "fetch";
  const purpose = `${verb} ${at(context.name, name)}`;
  return repositoryRequest(context, {
    method,
    path: `manifests/${name}`,
    purpose,
    headers: { accept },
    endpoint,
    signal,
  });
}

/** What a HEAD says; undefined where it does not say all. */
function describe({ headers }: HttpResponse): Descriptor | undefined {
  const mediaType = contentType(headers);
  const digest = headers["docker-content-digest"];
  const size = Number(headers["content-length"] ?? Number.NaN);
  if (!isDigest(digest) || !Number.isSafeInteger(size) || !isManifest({ mediaType, digest, size })) return undefined;
  return { mediaType, digest, size };
}

/** The type as the manifest itself says, else as the registry says. */
function mediaTypeOf(request: RegistryRequest, { headers }: HttpResponse, body: Uint8Array): string {
  const said = contentType(headers);
  const own = mediaTypeWithin(request, body) ?? said;
  if (isManifestType(own) || isIndexType(own)) return own;
  if (/docker\.distribution\.manifest\.v1/.test(own)) {
    throw new RegistryError("RESPONSE_INVALID", `cannot ${request.purpose}: it is a schema 1 manifest`, {
      ...request,
      hint: "this format was given up in 2017: push the image again with a newer tool",
    });
  }
  throw invalidAnswer(request, `${JSON.stringify(own.slice(0, 100))} is no type of manifest`);
}

function mediaTypeWithin(request: RegistryRequest, body: Uint8Array): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw invalidAnswer(request, "a manifest that is not JSON", error);
  }
  const type = isRecord(json) ? json.mediaType : undefined;
  return typeof type === "string" ? type : undefined;
}

function contentType(headers: Readonly<Record<string, string>>): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** The digest of `body`, by the algorithm of `name` where that is a digest. */
function digestAs(name: string, body: Uint8Array): Digest {
  const algorithm = isDigest(name) ? digestAlgorithm(name) : "sha256";
  return `${algorithm}:${createHash(algorithm).update(body).digest("hex")}`;
}

function checkName(context: RepositoryContext, name: string): void {
  if (isDigest(name) || TAG.test(name)) return;
  throw new TsbuildError("REFERENCE_INVALID", `neither a tag nor a digest of ${context.name}: ${JSON.stringify(name)}`);
}

function at(repository: string, name: string): string {
  return isDigest(name) ? `${repository}@${name}` : `${repository}:${name}`;
}
