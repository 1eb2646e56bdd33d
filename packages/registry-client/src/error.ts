import { TsbuildError, type TsbuildErrorOptions } from "@tsbuild/oci";

/** What can go wrong between a registry and us; `docs/errors.md` says more about each. */
export type RegistryErrorCode =
  /** No credentials, or credentials that the registry does not accept (401). */
  | "UNAUTHORIZED"
  /** The credentials do not reach this far (403). */
  | "DENIED"
  | "NOT_FOUND"
  /** A manifest names content that the registry does not have (MANIFEST_BLOB_UNKNOWN). */
  | "CONTENT_MISSING"
  | "TOO_MANY_REQUESTS"
  /** The registry rejects this request and would do so again (other 4xx). */
  | "REQUEST_REJECTED"
  /** The registry has a fault of its own (5xx). */
  | "REGISTRY_FAILED"
  /** No connection, or one that broke. */
  | "REGISTRY_UNREACHABLE"
  /** The certificate is not to be trusted, or the host speaks no TLS. */
  | "TLS_FAILED"
  /** The registry sends us where we do not follow. */
  | "REDIRECT_REFUSED"
  /** The answer is not what the distribution spec says. */
  | "RESPONSE_INVALID";

/** One entry of the `errors` of a registry's answer, in the codes of the distribution spec. */
export interface RegistryErrorDetail {
  readonly code: string;
  readonly message: string;
}

export interface RegistryErrorOptions extends TsbuildErrorOptions {
  readonly method: string;
  readonly url: URL;
  /** @default 0 */
  readonly status?: number;
  readonly details?: readonly RegistryErrorDetail[];
  readonly retryAfterMs?: number | undefined;
}

/** A failed exchange with a registry. */
export class RegistryError extends TsbuildError<RegistryErrorCode> {
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly method: string;
  /** Without user, password and query: those may hold secrets. */
  readonly url: string;
  readonly details: readonly RegistryErrorDetail[];
  /** How long the registry wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(code: RegistryErrorCode, message: string, options: RegistryErrorOptions) {
    super(code, message, options);
    this.status = options.status ?? 0;
    this.method = options.method;
    this.url = redactUrl(options.url);
    this.details = options.details ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The URL without what may be secret: user, password, query, fragment. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Host and port of a URL, the port also where it is the scheme's own. */
export function hostAndPort(url: URL): string {
  return url.port === "" ? `${url.host}:${url.protocol === "https:" ? 443 : 80}` : url.host;
}
