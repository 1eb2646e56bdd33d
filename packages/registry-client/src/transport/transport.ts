import type { CredentialProvider } from "../credentials.ts";
import { RegistryError } from "../error.ts";
import type { ClientEvent } from "../event.ts";
import type { TlsSettings } from "../hosts.ts";
import { answerError } from "./answer.ts";
import { createAuth, type RegistryRequest } from "./auth.ts";
import { createHttp, type HttpOptions, type HttpResponse, type Send } from "./http.ts";
import { createPlainFallback } from "./plain-fallback.ts";
import { followRedirects } from "./redirect.ts";
import { isTransientStatus, MAX_RETRY_AFTER_MS, pause, type RetryPolicy, retry } from "./retry.ts";
import { createWarnings } from "./warning.ts";

export interface TransportOptions extends HttpOptions {
  readonly credentials: CredentialProvider | undefined;
  readonly retry: RetryPolicy;
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
}

export interface SendOptions {
  /** Attempts in all. @default the client's */
  readonly attempts?: number;
}

export interface Transport {
  readonly retry: RetryPolicy;
  /**
   * Sends a request with everything round it: credentials, redirects, retries, the waits that the host asked for.
   * Any answer is returned but those that stay transient to the end (429, 5xx), which are errors.
   */
  send(request: RegistryRequest, options?: SendOptions): Promise<HttpResponse>;
  /** Sets how connections to `host` (with its port) are secured from now on. */
  secure(host: string, settings: TlsSettings): void;
  close(): Promise<void>;
}

/** Puts the parts together: retry( wait( auth( redirect( http )))). */
export function createTransport(options: TransportOptions): Transport {
  const { onEvent = () => undefined } = options;
  const http = createHttp(options);
  const exchange = followRedirects(http.send);
  const sendToken: Send = (request) => settled(exchange, request);
  const authorized = createAuth({ send: exchange, sendToken, credentials: options.credentials });
  const reachable = createPlainFallback(authorized);
  const waits = createWaits(onEvent);
  const warn = createWarnings(onEvent);
  return {
    retry: options.retry,
    send(request, { attempts = options.retry.attempts } = {}) {
      const { host } = request.endpoint.base;
      const attempt = async (count: number, last: unknown) => {
        if (last instanceof Error) {
          onEvent({ type: "registry.retrying", host, attempt: count, reason: last.message });
        }
        await waits.pass(request);
        try {
          const response = await settled(reachable, request);
          warn(response);
          return response;
        } catch (error) {
          waits.note(request, error);
          throw error;
        }
      };
      return retry(attempt, { ...options.retry, attempts }, request);
    },
    secure: http.secure,
    close: http.close,
  };
}

async function settled<R extends Parameters<Send>[0]>(
  send: (request: R) => Promise<HttpResponse>,
  request: R,
): Promise<HttpResponse> {
  const response = await send(request);
  if (isTransientStatus(response.status)) throw await answerError(request, response);
  return response;
}

/** A host that asks for a pause gets it from all requests, not only from the one that it told so. */
function createWaits(onEvent: (event: ClientEvent) => void) {
  const until = new Map<string, number>();
  return {
    async pass({ endpoint, signal }: RegistryRequest): Promise<void> {
      const left = (until.get(endpoint.base.host) ?? 0) - performance.now();
      if (left > 0) await pause(left, { signal });
    },
    note({ endpoint }: RegistryRequest, error: unknown): void {
      if (!(error instanceof RegistryError) || error.retryAfterMs === undefined) return;
      const { retryAfterMs: ms, status } = error;
      if (ms > MAX_RETRY_AFTER_MS) return;
      const { host } = endpoint.base;
      onEvent({ type: "registry.waiting", host, ms, status });
      until.set(host, performance.now() + ms);
    },
  };
}
