import { STATUS_CODES } from "node:http";
import { type Bytes, readAll, TsbuildError } from "@tsbuild/oci";
import { RegistryError, type RegistryErrorCode, type RegistryErrorDetail } from "../error.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** Error bodies and token answers: more than this is no answer. */
const MAX_SMALL_BODY = 64 * 1024;

/** Passes on an answer whose status is one of `statuses`; makes an error of every other. */
export async function expectStatus(
  request: HttpRequest,
  response: HttpResponse,
  statuses: readonly number[],
): Promise<HttpResponse> {
  if (statuses.includes(response.status)) return response;
  throw await answerError(request, response);
}

/**
 * The error that an answer stands for. Reads the answer's body.
 * @param signedIn Whether the request carried credentials of a person.
 */
export async function answerError(
  request: HttpRequest,
  response: HttpResponse,
  signedIn: boolean = false,
): Promise<RegistryError> {
  const { status, url } = response;
  const details = readDetails(await smallBody(request, response));
  const code = codeOf(status, details);
  const said = details.map((detail) => `${detail.code}${detail.message && `: ${detail.message}`}`).join("; ");
  const answered = `${url.host} answered ${status} ${said || (STATUS_CODES[status] ?? "")}`.trimEnd();
  const hint = hintFor(code, response, signedIn);
  return new RegistryError(code, `cannot ${request.purpose}: ${answered}`, {
    method: request.method,
    url,
    status,
    details,
    retryAfterMs: retryAfter(response.headers["retry-after"]),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** An answer that breaks the distribution spec. */
export function invalidAnswer(request: HttpRequest, reason: string, cause?: unknown): RegistryError {
  const message = `cannot ${request.purpose}: ${request.url.host} gave an answer that makes no sense: ${reason}`;
  return new RegistryError("RESPONSE_INVALID", message, { ...request, ...(cause === undefined ? {} : { cause }) });
}

/** Reads a JSON body of at most `limit` bytes. What it holds is for the caller to check. */
export async function readJson(request: HttpRequest, body: Bytes, limit: number = MAX_SMALL_BODY): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await readAll(body, { limit, signal: request.signal })));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidAnswer(request, "it is not JSON", error);
    if (TsbuildError.is(error, "CONTENT_TOO_LARGE")) throw invalidAnswer(request, "it is too long", error);
    throw error;
  }
}

async function smallBody(request: HttpRequest, response: HttpResponse): Promise<string> {
  if (request.method === "HEAD") {
    await response.discard();
    return "";
  }
  try {
    const options = { limit: MAX_SMALL_BODY, signal: request.signal };
    return new TextDecoder().decode(await readAll(response.body, options));
  } catch {
    request.signal?.throwIfAborted();
    return "";
  }
}

function readDetails(body: string): RegistryErrorDetail[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [];
  }
  const errors = isRecord(json) ? json.errors : undefined;
  if (!Array.isArray(errors)) return [];
  return errors
    .slice(0, 5)
    .filter(isRecord)
    .map(({ code, message }) => ({ code: plainText(code) || "UNKNOWN", message: plainText(message) }));
}

/** What a registry says, fit for a terminal. */
function plainText(value: unknown): string {
  return typeof value === "string" ? value.replaceAll(/\p{C}+/gu, " ").slice(0, 300) : "";
}

/** Some registries answer a missing blob or a bad manifest with 500: their own code says more than the status. */
const PERMANENT = new Set(["MANIFEST_INVALID", "DIGEST_INVALID", "NAME_INVALID"]);

function codeOf(status: number, details: readonly RegistryErrorDetail[]): RegistryErrorCode {
  if (status === 401) return "UNAUTHORIZED";
  if (status === 403) return "DENIED";
  if (status === 404) return "NOT_FOUND";
  if (status === 429) return "TOO_MANY_REQUESTS";
  if (status === 407) return "REGISTRY_UNREACHABLE";
  if (details.some((detail) => detail.code === "MANIFEST_BLOB_UNKNOWN")) return "CONTENT_MISSING";
  if (details.some((detail) => PERMANENT.has(detail.code))) return "REQUEST_REJECTED";
  if (status >= 500) return "REGISTRY_FAILED";
  return status >= 400 ? "REQUEST_REJECTED" : "RESPONSE_INVALID";
}

function hintFor(code: RegistryErrorCode, response: HttpResponse, signedIn: boolean): string | undefined {
  const host = loginName(response.url);
  switch (code) {
    case "UNAUTHORIZED":
      return signedIn
        ? `the credentials for ${host} are not accepted: sign in again with "tsbuild login ${host}"`
        : `sign in with "tsbuild login ${host}"; registries also answer so where a repository does not exist`;
    case "DENIED":
      return `check that the account signed in to ${host} may do this, or sign in with "tsbuild login ${host}"`;
    case "NOT_FOUND":
      return "check the spelling of the name, the tag and the registry";
    case "TOO_MANY_REQUESTS": {
      const wait = response.headers["retry-after"];
      return `${wait === undefined ? "wait a while" : `the registry asks to wait (Retry-After: ${plainText(wait)})`}; signing in often raises the limit`;
    }
    case "REGISTRY_FAILED":
      return "the fault is the registry's; try again later";
    default:
      return undefined;
  }
}

/** The name under which a person knows the host. */
function loginName(url: URL): string {
  return url.host === "registry-1.docker.io" ? "docker.io" : url.host;
}

/** Seconds (also a fraction) or a date, as milliseconds from now; undefined: not said, or not to be understood. */
export function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}(?:\.\d+)?$/.test(value.trim())) return Math.ceil(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
