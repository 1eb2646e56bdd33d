import { canonicalJson, type Digest, isDigest, readAll, TsbuildError } from "@tsbuild/oci";
import { isRecord } from "../transport/answer.ts";

/** What is signed: simple signing, as cosign and Red Hat have it. */
export interface Payload {
  /** `registry/repository`, sometimes with a tag. */
  readonly reference: string;
  readonly digest: Digest;
  /** What the signer says besides. */
  readonly annotations: Readonly<Record<string, unknown>>;
}

export const PAYLOAD_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";
export const SIGNATURE_TYPE = "application/vnd.dev.cosign.artifact.sig.v1+json";

/** The annotations of a signature's layer. */
export const ANNOTATION = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
} as const;

/** A payload of more bytes than this is none. */
export const PAYLOAD_LIMIT: number = 64 * 1024;

const KIND = "cosign container image signature";

/** The bytes to sign. */
export function encodePayload({ reference, digest, annotations }: Payload): Uint8Array {
  return canonicalJson({
    critical: {
      identity: { "docker-reference": reference },
      image: { "docker-manifest-digest": digest },
      type: KIND,
    },
    optional: Object.keys(annotations).length === 0 ? null : annotations,
  });
}

/** Reads what was signed. Only to be called with bytes whose signature was verified. @throws TsbuildError SIGNATURE_INVALID */
export function parsePayload(bytes: Uint8Array): Payload {
  const { critical, optional } = recordOf(parseJson(bytes));
  const { identity, image, type } = recordOf(critical);
  const reference = recordOf(identity)["docker-reference"];
  const digest = recordOf(image)["docker-manifest-digest"];
  // Red Hat's word for the same: "atomic container signature".
  const known = type === KIND || type === "atomic container signature";
  if (!known || typeof reference !== "string" || !isDigest(digest)) throw invalid();
  return { reference, digest, annotations: isRecord(optional) ? optional : {} };
}

/** Reads the bytes of a payload from a stream. */
export function readPayload(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return readAll(bytes, { limit: PAYLOAD_LIMIT, signal });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(cause);
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw invalid();
}

function invalid(cause?: unknown): TsbuildError<"SIGNATURE_INVALID"> {
  const message = "what was signed is no simple signing payload";
  return new TsbuildError("SIGNATURE_INVALID", message, cause === undefined ? {} : { cause });
}
