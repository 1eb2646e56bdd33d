import { type AbortOptions, type Bytes, type Descriptor, TsbuildError, verified } from "@tsbuild/oci";
import { attemptsAt, type RepositoryContext, repositoryRequest } from "./context.ts";
import { RegistryError } from "./error.ts";
import { createPace, MAX_WIDTH, type Pace, readSegments, type Segment } from "./segments.ts";
import type { Transfers } from "./transfers.ts";
import { expectStatus, invalidAnswer } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import type { Endpoint } from "./transport/endpoint.ts";
import type { HttpResponse } from "./transport/http.ts";
import { backoff, isTransient, pause } from "./transport/retry.ts";

/** Tells whether the registry itself (no mirror) has the blob. */
export async function blobExists(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<boolean> {
  const purpose = `look for the blob ${target.digest} in ${context.name}`;
  const request = repositoryRequest(context, { method: "HEAD", path: `blobs/${target.digest}`, purpose, signal });
  const response = await context.transport.send(request);
  await response.discard();
  return response.status === 200;
}

/**
 * Streams a blob: verified at its end, taken up again where a connection breaks, ended at the first byte too many.
 * One of the client's transfer places is held until the stream is read to its end or left.
 */
export async function fetchBlob(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<Bytes> {
  const release = await context.transfers.enter({ signal });
  try {
    const pull: Pull = { context, target, signal };
    return readBlob(pull, await openPart(pull, 0), release);
  } catch (error) {
    release();
    throw error;
  }
}

interface Pull {
  readonly context: RepositoryContext;
  readonly target: Descriptor;
  readonly signal: AbortSignal | undefined;
}

/** The answer to one GET: the blob from some offset on. */
interface Part {
  readonly endpoint: Endpoint;
  readonly body: Bytes;
  /** Leading bytes that are known already: the server did not heed the range. */
  readonly skip: number;
  /** How long the answer took to begin. */
  readonly latencyMs: number;
}

async function* readBlob(pull: Pull, first: Part, release: () => void): Bytes & AsyncGenerator<Uint8Array> {
  let endpoint = first.endpoint;
  const parts = readParts(pull, first, (part) => {
    endpoint = part.endpoint;
  });
  try {
    yield* verified(pull.target, parts);
  } catch (error) {
    if (!isWrongContent(error)) throw error;
    pull.context.pulls.distrust(endpoint);
    throw wrongContent(pull, endpoint, error);
  } finally {
    release();
  }
}

function isWrongContent(error: unknown): error is TsbuildError {
  return TsbuildError.is(error, "DIGEST_MISMATCH") || TsbuildError.is(error, "SIZE_MISMATCH");
}

function wrongContent(pull: Pull, { base }: Endpoint, cause: TsbuildError): TsbuildError {
  return new TsbuildError(cause.code, `cannot ${purposeOf(pull)}: ${base.host} sent something else: ${cause.message}`, {
    hint: "the registry or something on the way to it changed the content",
    cause,
  });
}

/** Progress after which earlier failures are forgiven: a long transfer may break often, a stuck one not. */
const PROGRESS_BYTES = 1024 * 1024;

async function* readParts(pull: Pull, first: Part, onPart: (part: Part) => void): AsyncGenerator<Uint8Array> {
  const { retry } = pull.context.transport;
  const patience = createPatience(retry.attempts);
  const pace = createPace();
  let part: Part | undefined = first;
  let received = 0;
  while (part !== undefined || received < pull.target.size) {
    try {
      part ??= await openPart(pull, received);
      onPart(part);
      pace.noteLatency(part.latencyMs);
      const bytes = readPart(pull, part, { received, pace });
      for await (const chunk of bytes) {
        received += chunk.byteLength;
        yield chunk;
      }
      if (received < pull.target.size) throw cutShort(pull, part.endpoint, received);
    } catch (error) {
      pull.signal?.throwIfAborted();
      const again = isTransient(error) || (received > 0 && triesWithoutRanges(pull, error));
      if (!again || !patience.bears(received)) throw error;
      await pause(backoff(patience.failures(), error, retry), pull);
    }
    part = undefined;
  }
}

/** A server that sends another range than asked for is asked for all of it from then on. */
function triesWithoutRanges({ context }: Pull, error: unknown): boolean {
  if (!(error instanceof RegistryError && error.code === "RESPONSE_INVALID")) return false;
  if (context.learnt.ranges === false) return false;
  context.learnt.ranges = false;
  return true;
}

/** Counts failures; a long way made in between lets them be forgotten. */
function createPatience(attempts: number) {
  let failures = 0;
  let forgivenAt = 0;
  return {
    failures: () => failures,
    bears(received: number): boolean {
      if (received - forgivenAt >= PROGRESS_BYTES) {
        failures = 0;
        forgivenAt = received;
      }
      return ++failures < attempts;
    },
  };
}

interface Progress {
  /** Bytes that came before this part. */
  readonly received: number;
  readonly pace: Pace;
}

/** Reads a part to its end; where its one connection is slow and others are free, it goes on with several. */
async function* readPart(pull: Pull, part: Part, { received, pace }: Progress): AsyncGenerator<Uint8Array> {
  const { size } = pull.target;
  let at = received;
  let since = performance.now();
  let places: SparePlaces | undefined;
  for await (const chunk of afterSkipping(part)) {
    pace.note(chunk.byteLength, performance.now() - since);
    at += chunk.byteLength;
    yield chunk;
    places = pace.isSlow(size - at) ? sparePlaces(pull) : undefined;
    if (places !== undefined) break;
    since = performance.now();
  }
  if (places === undefined) return;
  const fetch = (segment: Segment, signal: AbortSignal) => openSegment(pull, part, { ...segment, signal });
  try {
    yield* readSegments({ start: at, end: size }, { width: places.taken + 1, signal: pull.signal, fetch });
  } catch (error) {
    if (!(error instanceof RegistryError && error.code === "RESPONSE_INVALID")) throw error;
    // No ranges after all: it is taken up again with one connection.
    pull.context.learnt.ranges = false;
    throw cutShort(pull, part.endpoint, at);
  } finally {
    places.release();
  }
}

type SparePlaces = ReturnType<Transfers["takeSpare"]>;

function sparePlaces({ context }: Pull): SparePlaces | undefined {
  const places = context.learnt.ranges === false ? undefined : context.transfers.takeSpare(MAX_WIDTH - 1);
  return places !== undefined && places.taken > 0 ? places : undefined;
}

/** Asks for one of several ranges of a blob, where its beginning came from. */
async function openSegment(
  pull: Pull,
  { endpoint }: Part,
  { start, end, signal }: Segment & { readonly signal: AbortSignal },
): Promise<Bytes> {
  const { context, target } = pull;
  const request = repositoryRequest(context, {
    method: "GET",
    path: `blobs/${target.digest}`,
    purpose: purposeOf(pull),
    headers: { range: `bytes=${start}-${end - 1}` },
    endpoint,
    signal,
  });
  const response = await expectStatus(request, await context.transport.send(request, attemptsAt(endpoint)), [200, 206]);
  if (response.status === 206 && response.headers["content-range"] === `bytes ${start}-${end - 1}/${target.size}`)
    return allOf(response.body, end - start, () => cutShort(pull, endpoint, start));
  await response.discard();
  throw invalidAnswer(request, "another range than asked for");
}

/** Fails where a body ends early without its connection saying so. */
async function* allOf(body: Bytes, size: number, failure: () => RegistryError): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.byteLength;
    if (received > size) throw failure();
    yield chunk;
  }
  if (received < size) throw failure();
}

/** Asks for the blob from `offset` on, at the mirrors and then at the registry. */
function openPart(pull: Pull, offset: number): Promise<Part> {
  const { context, target, signal } = pull;
  return context.pulls.ask(
    async (endpoint) => {
      const asked = performance.now();
      const request = repositoryRequest(context, {
        method: "GET",
        path: `blobs/${target.digest}`,
        purpose: purposeOf(pull),
        ...(offset === 0 || context.learnt.ranges === false ? {} : { headers: { range: `bytes=${offset}-` } }),
        endpoint,
        signal,
      });
      const response = await context.transport.send(request, attemptsAt(endpoint));
      if (response.status === 416) {
        await response.discard();
        throw new TsbuildError("SIZE_MISMATCH", `there are ${offset} bytes, not ${target.size}`);
      }
      const latencyMs = performance.now() - asked;
      return { endpoint, latencyMs, ...(await toPart(request, response, { offset, size: target.size })) };
    },
    { name: target.digest, signal },
  );
}

async function toPart(
  request: RegistryRequest,
  response: HttpResponse,
  { offset, size }: { readonly offset: number; readonly size: number },
): Promise<Pick<Part, "body" | "skip">> {
  const { body, headers, status } = await expectStatus(request, response, offset === 0 ? [200] : [200, 206]);
  const encoding = headers["content-encoding"] ?? "identity";
  const [, start, total] = /^bytes (\d{1,15})-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  const asked = start === String(offset) && (total === "*" || total === String(size));
  if (encoding !== "identity" || (status === 206 && !asked)) {
    await response.discard();
    throw invalidAnswer(request, encoding === "identity" ? "another range than asked for" : `encoded as ${encoding}`);
  }
  return { body, skip: status === 206 ? 0 : offset };
}

async function* afterSkipping({ body, skip }: Part): AsyncGenerator<Uint8Array> {
  let left = skip;
  for await (const chunk of body) {
    if (chunk.byteLength > left) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.byteLength);
  }
}

/** A body that ended early without the connection saying so. */
function cutShort(pull: Pull, { base }: Endpoint, received: number): RegistryError {
  const message = `cannot ${purposeOf(pull)}: ${base.host} sent ${received} of ${pull.target.size} bytes`;
  return new RegistryError("REGISTRY_UNREACHABLE", message, { method: "GET", url: base });
}

function purposeOf({ context, target }: Pull): string {
  return `fetch the blob ${target.digest} of ${context.name}`;
}

export async function deleteBlob(
  context: RepositoryContext,
  target: Descriptor,
  { signal }: AbortOptions = {},
): Promise<void> {
  const purpose = `delete the blob ${target.digest} of ${context.name}`;
  const request = repositoryRequest(context, { method: "DELETE", path: `blobs/${target.digest}`, purpose, signal });
  const response = await expectStatus(request, await context.transport.send(request), [200, 202, 204]);
  await response.discard();
}
