import type { Bytes } from "@tsbuild/oci";
import type { Dispatcher } from "undici";
import type { TlsSettings } from "../hosts.ts";
import { connectionError } from "./connection-error.ts";
import { createDispatcher, type DispatcherOptions, type Undici } from "./dispatcher.ts";
import { hasTls } from "./endpoint.ts";
import { watchThroughput } from "./throughput.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A body that can be sent again: after a 401, a redirect, a broken connection. */
export interface RequestBody {
  /** In bytes; undefined: sent in chunks. */
  readonly size: number | undefined;
  readonly open: () => Bytes | Promise<Bytes>;
}

export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  /** What the request is for, the words after "cannot" in an error: `fetch the blob sha256:... of host/name`. */
  readonly purpose: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from in the end, after redirects. */
  readonly url: URL;
  /** Must be read or {@link HttpResponse.discard}ed, else its connection stays taken. */
  readonly body: Bytes;
  discard(): Promise<void>;
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpOptions extends DispatcherOptions {
  readonly userAgent: string;
}

export interface Http {
  /** One request, one answer, whatever its status: no redirects, no retries. */
  readonly send: Send;
  /** Sets how connections to `host` (with its port) are secured from now on. */
  secure(host: string, settings: TlsSettings): void;
  close(): Promise<void>;
}

/** Time to the first byte of an answer, or between two writes of an upload. A registry may verify gigabytes before it answers. */
const HEADERS_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 30_000;

/** HTTP over undici, which is loaded with the first request: a command that needs no network does not pay for it. */
export function createHttp(options: HttpOptions): Http {
  let loaded: Promise<{ undici: Undici; dispatchers: Dispatchers }> | undefined;
  const secured = new Map<string, TlsSettings>();
  const load = async () => {
    const undici = await import("undici");
    return {
      undici,
      dispatchers: createDispatchers((tls) => createDispatcher(undici, withTls(options, tls)), secured),
    };
  };
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      loaded ??= load();
      const { undici, dispatchers } = await loaded;
      try {
        const headers = { "user-agent": options.userAgent, "accept-encoding": "identity", ...request.headers };
        const answer = await undici.request(request.url, {
          dispatcher: dispatchers.of(request.url.host),
          method: request.method,
          headers: { ...headers, ...lengthHeader(request) },
          body: await openBody(request),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
          // undici closes the connection after a HEAD unless told not to.
          reset: false,
          headersTimeout: HEADERS_TIMEOUT_MS,
          bodyTimeout: IDLE_TIMEOUT_MS,
        });
        return toResponse(request, answer);
      } catch (error) {
        request.signal?.throwIfAborted();
        throw connectionError(request, error);
      }
    },
    secure(host, settings) {
      if (hasTls(settings)) secured.set(host, settings);
    },
    async close() {
      if (loaded === undefined) return;
      const { dispatchers } = await loaded;
      loaded = undefined;
      await dispatchers.destroy();
    },
  };
}

function withTls(options: HttpOptions, tls: TlsSettings): HttpOptions {
  return { ...options, ...tls, ca: [...(options.ca ?? []), ...(tls.ca ?? [])] };
}

interface Dispatchers {
  of(host: string): Dispatcher;
  destroy(): Promise<void>;
}

/** One dispatcher for all hosts and one for each that has settings of its own: a client certificate is for nobody else. */
function createDispatchers(
  create: (tls: TlsSettings) => Dispatcher,
  secured: ReadonlyMap<string, TlsSettings>,
): Dispatchers {
  const common = create({});
  const own = new Map<string, Dispatcher>();
  return {
    of(host) {
      const settings = secured.get(host);
      if (settings === undefined) return common;
      const dispatcher = own.get(host) ?? create(settings);
      own.set(host, dispatcher);
      return dispatcher;
    },
    async destroy() {
      await Promise.all([common, ...own.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function lengthHeader({ method, body }: HttpRequest): Record<string, string> {
  if (body === undefined) return method === "POST" || method === "PUT" ? { "content-length": "0" } : {};
  return body.size === undefined ? {} : { "content-length": String(body.size) };
}

async function openBody({ body }: HttpRequest): Promise<NonNullable<Dispatcher.DispatchOptions["body"]> | null> {
  if (body === undefined || body.size === 0) return null;
  // undici takes any async iterable of bytes, but its types name streams only.
  return (await body.open()) as unknown as NonNullable<Dispatcher.DispatchOptions["body"]>;
}

function toResponse(request: HttpRequest, answer: Dispatcher.ResponseData): HttpResponse {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    status: answer.statusCode,
    headers,
    url: request.url,
    body: readBody(request, answer.body),
    async discard() {
      await answer.body.dump({ limit: 64 * 1024 }).catch(() => undefined);
    },
  };
}

async function* readBody(request: HttpRequest, body: Bytes): Bytes & AsyncGenerator<Uint8Array> {
  try {
    yield* watchThroughput(body);
  } catch (error) {
    request.signal?.throwIfAborted();
    throw connectionError(request, error);
  }
}
