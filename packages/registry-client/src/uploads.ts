import { type AbortOptions, type Bytes, type Descriptor, type PushOptions, TsbuildError, verified } from "@tsbuild/oci";
import { blobExists } from "./blobs.ts";
import { type RepositoryContext, repositoryRequest } from "./context.ts";
import { RegistryError } from "./error.ts";
import { answerError, expectStatus, invalidAnswer } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import type { HttpResponse, RequestBody } from "./transport/http.ts";
import { resolveLocation } from "./transport/redirect.ts";
import { isTransient, retry } from "./transport/retry.ts";
import { repositoryScope } from "./transport/scope.ts";

type Content = () => Bytes | Promise<Bytes>;

/**
 * Uploads a blob, unless it is there already: POST opens a session, one PUT carries all bytes. A session whose transfer
 * broke is given up, since most registries cannot continue it: the blob is looked for (it may have arrived) and else
 * sent anew in a new session.
 */
export async function pushBlob(
  context: RepositoryContext,
  target: Descriptor,
  content: Content,
  { signal, anew = false }: PushOptions = {},
): Promise<void> {
  if (!anew && (await blobExists(context, target, { signal }))) return;
  const release = await context.transfers.enter({ signal });
  const push: Push = { context, target, content, signal };
  try {
    await retry(
      async (attempt) => {
        if (attempt > 1 && (await blobExists(context, target, { signal }))) return;
        await upload(push);
      },
      context.transport.retry,
      { signal, again: (error) => isTransient(error) || isSessionLost(error) },
    );
  } finally {
    release();
  }
}

/** Makes a blob of the repository `from` appear in this one. False: the registry would not. */
export async function mountBlob(
  context: RepositoryContext,
  target: Descriptor,
  { from, signal }: AbortOptions & { readonly from: string },
): Promise<boolean> {
  const pair = `${from} > ${context.repository}`;
  if (context.learnt.noMount.has(pair)) return false;
  const parts = uploadParts(`mount the blob ${target.digest} in ${context.name}`, signal);
  const request = repositoryRequest(context, { ...parts, query: { mount: target.digest, from } });
  const scopes = [...request.scopes, repositoryScope(from, "pull")];
  const response = await context.transport.send({ ...request, scopes }).catch((error: unknown) => {
    // Some registries answer 401 or 500 where there is nothing to mount.
    if (error instanceof RegistryError && error.status !== 0) return undefined;
    throw error;
  });
  await response?.discard();
  if (response?.status === 201) return true;
  // An upload was opened instead: this blob is not there to mount, others may be.
  if (response?.status === 202) cancelUpload(context, request, response);
  else context.learnt.noMount.add(pair);
  return false;
}

interface Push {
  readonly context: RepositoryContext;
  readonly target: Descriptor;
  readonly content: Content;
  readonly signal: AbortSignal | undefined;
}

async function upload(push: Push): Promise<void> {
  const { context, signal } = push;
  const opening = repositoryRequest(context, uploadParts(purposeOf(push), signal));
  const opened = await expectStatus(opening, await context.transport.send(opening), [202]);
  await opened.discard();
  const body = uploadBody(push);
  try {
    const location = context.learnt.patchUploads
      ? await patch(push, opening, { location: locationOf(opening, opened), body })
      : locationOf(opening, opened);
    await finish(push, opening, { location, body: context.learnt.patchUploads ? undefined : body });
  } catch (error) {
    cancelUpload(context, opening, opened);
    signal?.throwIfAborted();
    throw body.failure() ?? error;
  }
}

interface Step {
  readonly location: URL;
  readonly body: RequestBody | undefined;
}

/** The PUT that ends an upload, with all bytes or, after a PATCH, none. */
async function finish(push: Push, opening: RegistryRequest, { location, body }: Step): Promise<void> {
  const { context, target } = push;
  const url = new URL(location);
  url.search += `${url.search === "" ? "?" : "&"}digest=${encodeURIComponent(target.digest)}`;
  const request = uploadRequest(opening, { method: "PUT", url, body });
  const response = await context.transport.send(request, { attempts: 1 });
  if ([200, 201, 204].includes(response.status)) return response.discard();
  const error = await answerError(request, response);
  if (body !== undefined && wantsPatch(error)) {
    context.learnt.patchUploads = true;
    return upload(push);
  }
  throw error.details.some(({ code }) => code === "DIGEST_INVALID") ? refusedDigest(push, error) : error;
}

/** Sends all bytes in one PATCH, for registries that take none with the PUT. */
async function patch(push: Push, opening: RegistryRequest, { location, body }: Step): Promise<URL> {
  const request = uploadRequest(opening, { method: "PATCH", url: location, body });
  const response = await push.context.transport.send(request, { attempts: 1 });
  await (await expectStatus(request, response, [200, 201, 202, 204])).discard();
  return response.headers.location === undefined ? location : locationOf(request, response);
}

function uploadRequest(
  opening: RegistryRequest,
  step: Pick<RegistryRequest, "method" | "url"> & { body: RequestBody | undefined },
): RegistryRequest {
  const { body, method, url } = step;
  return {
    ...opening,
    method,
    url,
    headers: { "content-type": "application/octet-stream" },
    ...(body === undefined ? {} : { body }),
  };
}

/** The bytes to send, checked as they pass, and what went wrong with them: undici hides the error of a body. */
function uploadBody({ target, content, signal }: Push): RequestBody & { failure(): unknown } {
  let failure: unknown;
  return {
    size: target.size,
    failure: () => failure,
    async *open() {
      try {
        yield* verified(target, await content());
      } catch (error) {
        if (signal?.aborted !== true) failure = error;
        throw error;
      }
    },
  };
}

/** The next place of a session. A registry behind a TLS proxy may call itself http by mistake: it stays https. */
function locationOf(request: RegistryRequest, response: HttpResponse): URL {
  const location = response.headers.location;
  if (location === undefined) throw invalidAnswer(request, "an upload without Location");
  const from = response.url;
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const sameHost = url?.hostname === from.hostname && url.protocol === "http:" && from.protocol === "https:";
  return resolveLocation({ ...request, url: from }, sameHost ? `${from.origin}${url.pathname}${url.search}` : location);
}

/** Gives a session back. Nobody waits for it and nothing depends on it: registries clear sessions away by themselves. */
function cancelUpload(context: RepositoryContext, request: RegistryRequest, opened: HttpResponse): void {
  const purpose = `cancel an upload to ${context.name}`;
  const cancel = async () => {
    const url = locationOf(request, opened);
    const { body, ...rest } = request;
    const signal = AbortSignal.timeout(2_000);
    const response = await context.transport.send({ ...rest, method: "DELETE", url, purpose, signal }, { attempts: 1 });
    await response.discard();
  };
  cancel().catch(() => undefined);
}

function isSessionLost(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  if (error.code === "RESPONSE_INVALID") return true;
  return error.method !== "POST" && (error.status === 404 || error.status === 416);
}

function wantsPatch({ status, details }: RegistryError): boolean {
  if (status === 405 || status === 411 || status === 501) return true;
  return status === 400 && details.some(({ code }) => code === "UNSUPPORTED" || code === "BLOB_UPLOAD_INVALID");
}

function refusedDigest({ target }: Push, cause: RegistryError): TsbuildError {
  return new TsbuildError("DIGEST_MISMATCH", `${cause.message}; sent was ${target.digest}`, {
    hint: "the content was changed on its way: try again, and look at the proxies between",
    cause,
  });
}

function uploadParts(purpose: string, signal: AbortSignal | undefined) {
  return { method: "POST", path: "blobs/uploads/", purpose, signal } as const;
}

function purposeOf({ context, target }: Push): string {
  return `push the blob ${target.digest} to ${context.name}`;
}
