import type { KeyObject } from "node:crypto";
import {
  type AbortOptions,
  type Descriptor,
  type Digest,
  type ImageSource,
  listReferrers,
  readNode,
  referrersTag,
  TsbuildError,
} from "@tsbuild/oci";
import { checkCertificate, identitiesOf } from "./certificate.ts";
import { verifyBytes } from "./keys.ts";
import {
  ANNOTATION,
  PAYLOAD_LIMIT,
  PAYLOAD_TYPE,
  type Payload,
  parsePayload,
  readPayload,
  SIGNATURE_TYPE,
} from "./payload.ts";

/** Whose signature is accepted. One signature by one of them is enough. */
export interface SignatureRequirement {
  readonly keys?: readonly KeyObject[];
  /** Authorities whose certificates are accepted, PEM. */
  readonly roots?: readonly string[];
  /** Whom a certificate must be for; see {@link identitiesOf}. @default anybody */
  readonly identities?: readonly string[];
  /** What the signer must have said. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Options of {@link verifyImage}. */
export interface VerifyOptions extends AbortOptions {
  readonly requirement: SignatureRequirement;
  /** `registry/repository`: the name under which the image must have been signed. Undefined: any. */
  readonly reference?: string;
}

/** A signature that was accepted. */
export interface VerifiedSignature extends Payload {
  /** Whom the certificate is for; undefined where a key was enough. */
  readonly identities?: readonly string[];
  /** The blob that was signed. */
  readonly payload: Digest;
}

/** More signatures than this are not looked at. */
const MAX_SIGNATURES = 64;

/**
 * Looks for signatures of what `subject` names, among its referrers and under cosign's tag, and verifies them.
 * @returns All that are accepted, at least one.
 * @throws TsbuildError SIGNATURE_MISSING where there is none at all, SIGNATURE_INVALID where none is accepted
 */
export async function verifyImage(
  source: ImageSource,
  subject: Descriptor,
  options: VerifyOptions,
): Promise<readonly VerifiedSignature[]> {
  const layers = await signatureLayers(source, subject, options);
  const accepted: VerifiedSignature[] = [];
  const reasons = new Set<string>();
  for (const layer of layers.slice(0, MAX_SIGNATURES)) {
    try {
      accepted.push(await verifyLayer(source, layer, subject, options));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!TsbuildError.is(error)) throw error;
      reasons.add(error.message);
    }
  }
  if (accepted.length > 0) return accepted;
  throw layers.length === 0 ? missing(subject) : rejected(subject, [...reasons]);
}

async function signatureLayers(
  source: ImageSource,
  subject: Descriptor,
  { signal }: AbortOptions,
): Promise<readonly Descriptor[]> {
  const referrers = await listReferrers(source, subject, { artifactType: SIGNATURE_TYPE, signal });
  const tagged = await source.resolve(`${referrersTag(subject.digest)}.sig`, { signal }).catch((error: unknown) => {
    if (TsbuildError.is(error, "NOT_FOUND")) return undefined;
    throw error;
  });
  const layers = new Map<string, Descriptor>();
  for (const manifest of [...referrers, ...(tagged === undefined ? [] : [tagged])].slice(0, MAX_SIGNATURES)) {
    const node = await readNode(source, manifest, { signal });
    for (const layer of node.manifest?.layers ?? [])
      if (layer.mediaType === PAYLOAD_TYPE)
        layers.set(`${layer.digest} ${layer.annotations?.[ANNOTATION.signature]}`, layer);
  }
  return [...layers.values()];
}

async function verifyLayer(
  source: ImageSource,
  layer: Descriptor,
  subject: Descriptor,
  { requirement, reference, signal }: VerifyOptions,
): Promise<VerifiedSignature> {
  if (layer.size > PAYLOAD_LIMIT) throw invalid(`what was signed has ${layer.size} bytes`);
  const bytes = await readPayload(await source.fetch(layer, { signal }), signal);
  const identities = verifySigner(layer, bytes, requirement);
  const payload = parsePayload(bytes);
  if (payload.digest !== subject.digest) throw invalid(`it is the signature of ${payload.digest}`);
  if (reference !== undefined && !isNamed(payload.reference, reference))
    throw invalid(`it was signed as ${payload.reference}, not as ${reference}`);
  for (const [name, value] of Object.entries(requirement.annotations ?? {}))
    if (payload.annotations[name] !== value) throw invalid(`the signer did not say ${name}=${value}`);
  return { ...payload, payload: layer.digest, ...(identities === undefined ? {} : { identities }) };
}

/** Whom the certificate is for, or undefined where one of the keys has signed. */
function verifySigner(
  { annotations = {} }: Descriptor,
  bytes: Uint8Array,
  { keys = [], roots = [], identities = [] }: SignatureRequirement,
): readonly string[] | undefined {
  const signature = Buffer.from(annotations[ANNOTATION.signature] ?? "", "base64");
  if (keys.some((key) => verifyBytes(bytes, signature, key))) return undefined;
  const certificate = annotations[ANNOTATION.certificate];
  if (roots.length === 0 || certificate === undefined) throw invalid("no key that is accepted has signed it");
  const leaf = checkCertificate(certificate, annotations[ANNOTATION.chain] ?? "", { roots, identities });
  if (!verifyBytes(bytes, signature, leaf.publicKey)) throw invalid("it does not belong to its certificate");
  return identitiesOf(leaf);
}

/** A signer may have named a tag besides the repository. */
function isNamed(signed: string, reference: string): boolean {
  return signed === reference || (signed.startsWith(`${reference}:`) && !signed.slice(reference.length).includes("/"));
}

function invalid(reason: string): TsbuildError<"SIGNATURE_INVALID"> {
  return new TsbuildError("SIGNATURE_INVALID", reason);
}

function missing({ digest }: Descriptor): TsbuildError<"SIGNATURE_MISSING"> {
  return new TsbuildError("SIGNATURE_MISSING", `${digest} is not signed`, {
    hint: "signatures are looked for among its referrers and under cosign's tag",
  });
}

function rejected({ digest }: Descriptor, reasons: readonly string[]): TsbuildError<"SIGNATURE_INVALID"> {
  const said = reasons.slice(0, 3).join("; ");
  return new TsbuildError("SIGNATURE_INVALID", `no signature of ${digest} is accepted: ${said}`, {
    hint: "check that it is the right key and the right image",
  });
}
