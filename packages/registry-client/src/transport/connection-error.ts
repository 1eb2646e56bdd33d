import { TsbuildError } from "@tsbuild/oci";
import { hostAndPort, RegistryError } from "../error.ts";
import type { HttpRequest } from "./http.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the host name cannot be looked up now",
  ENETUNREACH: "there is no route to that network",
  EHOSTUNREACH: "there is no route to that host",
  ETIMEDOUT: "there was no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "there was no answer within 10 seconds",
  UND_ERR_HEADERS_TIMEOUT: "the answer did not come in time",
  UND_ERR_BODY_TIMEOUT: "the transfer stood still",
  STALLED: "the transfer stood almost still",
  UND_ERR_SOCKET: "the connection broke",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  PROXY_FAILED: "the proxy did not let us through",
  UND_ERR_HEADERS_OVERFLOW: "the headers of the answer are too long",
};

const PLAIN_HTTP = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "EPROTO"]);
const CERTIFICATE = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/** Says in one sentence why a request had no answer, or an answer no end. Errors that are ours already pass unchanged. */
export function connectionError(request: HttpRequest, error: unknown): unknown {
  if (TsbuildError.is(error)) return error;
  const code = errorCode(error);
  const host = hostAndPort(request.url);
  if (PLAIN_HTTP.has(code) || CERTIFICATE.test(code)) return tlsError(request, code, error);
  const reason = REASONS[code] ?? (code.startsWith("HPE_") ? "the answer is not HTTP" : textOf(error));
  return new RegistryError("REGISTRY_UNREACHABLE", `cannot ${request.purpose}: cannot reach ${host}: ${reason}`, {
    ...request,
    cause: error,
    hint: `check the name and the port of the registry, that it is running, and the network${
      request.url.protocol === "https:" ? " and proxy settings" : ""
    }`,
  });
}

/** Tells whether an error is that the host answered TLS with something else. */
export function speaksNoTls({ code, cause }: RegistryError): boolean {
  return code === "TLS_FAILED" && PLAIN_HTTP.has(errorCode(cause));
}

function tlsError(request: HttpRequest, code: string, cause: unknown): RegistryError {
  const host = hostAndPort(request.url);
  const plain = PLAIN_HTTP.has(code);
  const reason = plain ? "it does not speak TLS" : `its certificate is not trusted (${code})`;
  return new RegistryError("TLS_FAILED", `cannot ${request.purpose}: no safe connection to ${host}: ${reason}`, {
    ...request,
    cause,
    hint: plain
      ? `where ${host} is meant to be reached by plain HTTP, name it among the insecure registries`
      : `give the certificate of the authority that signed it ("ca"; NODE_EXTRA_CA_CERTS for all of Node)`,
  });
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string" && error.code !== "UND_ERR_ABORTED") return error.code;
  return errorCode(error.cause);
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 200) || "unknown reason";
}
