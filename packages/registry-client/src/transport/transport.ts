import type { CredentialProvider } from "../credentials.ts";
import { RegistryError } from "../error.ts";
import { answerError } from "./answer.ts";
import { createAuth, type RegistryRequest } from "./auth.ts";
import { createHttp, type HttpOptions, type HttpResponse, type Send } from "./http.ts";
import { followRedirects } from "./redirect.ts";
import { isTransientStatus, MAX_RETRY_AFTER_MS, pause, type RetryPolicy, retry } from "./retry.ts";

export interface TransportOptions extends HttpOptions {
  readonly credentials: CredentialProvider | undefined;
  readonly retry: RetryPolicy;
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
  close(): Promise<void>;
}

/** Puts the parts together: retry( wait( auth( redirect( http )))). */
export function createTransport(options: TransportOptions): Transport {
  const http = createHttp(options);
  const exchange = followRedirects(http.send);
  const sendToken: Send = (request) => settled(exchange, request);
  const authorized = createAuth({ send: exchange, sendToken, credentials: options.credentials });
  const waits = createWaits();
  return {
    retry: options.retry,
    send(request, { attempts = options.retry.attempts } = {}) {
      const attempt = async () => {
        await waits.pass(request);
        try {
          return await settled(authorized, request);
        } catch (error) {
          waits.note(request, error);
          throw error;
        }
      };
      return retry(attempt, { ...options.retry, attempts }, request);
    },
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
function createWaits() {
  const until = new Map<string, number>();
  return {
    async pass({ endpoint, signal }: RegistryRequest): Promise<void> {
      const left = (until.get(endpoint.base.host) ?? 0) - performance.now();
      if (left > 0) await pause(left, { signal });
    },
    note({ endpoint }: RegistryRequest, error: unknown): void {
      const wait = error instanceof RegistryError ? error.retryAfterMs : undefined;
      if (wait === undefined || wait > MAX_RETRY_AFTER_MS) return;
      until.set(endpoint.base.host, performance.now() + wait);
    },
  };
}
