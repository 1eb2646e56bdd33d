import type { KeyObject } from "node:crypto";
import {
  type AbortOptions,
  type ArtifactBlob,
  addToReferrersTag,
  bytesOf,
  canonicalJson,
  type Descriptor,
  describeReferrer,
  digestOf,
  type ImageTarget,
  MEDIA_TYPE,
  readNode,
  referrersTag,
  TsbuildError,
  writeArtifact,
} from "@tsbuild/oci";
import { signBytes } from "./keys.ts";
import { ANNOTATION, encodePayload, PAYLOAD_TYPE, SIGNATURE_TYPE } from "./payload.ts";

/** How {@link signImage} signs. */
export interface SignOptions extends AbortOptions {
  readonly key: KeyObject;
  /** `registry/repository`: whose image this is. It is part of what is signed. */
  readonly reference: string;
  /** Said besides, and signed too. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The certificate of the key and the authorities behind it, PEM: sent along for those who trust the authority. */
  readonly certificates?: readonly string[];
  /** Also under the tag `sha256-....sig`, which is where cosign and skopeo look that know no referrers. @default false */
  readonly tag?: boolean;
}

/**
 * Signs what `subject` names (an image or a whole index) and stores the signature beside it, as a referrer: simple
 * signing, which cosign reads too.
 * @returns The signature's manifest.
 */
export async function signImage(target: ImageTarget, subject: Descriptor, options: SignOptions): Promise<Descriptor> {
  const { reference, annotations = {}, signal, tag = false } = options;
  const content = encodePayload({ reference, digest: subject.digest, annotations });
  const blob: ArtifactBlob = { mediaType: PAYLOAD_TYPE, content, annotations: signatureOf(content, options) };
  const config: ArtifactBlob = { mediaType: SIGNATURE_TYPE, content: "{}" };
  const parts = { artifactType: SIGNATURE_TYPE, blobs: [blob], config, subject };
  const signature = await writeArtifact(target, parts, { signal });
  const node = await readNode(target, signature, { signal });
  if (target.referrers === undefined) await addToReferrersTag(target, subject, describeReferrer(node), { signal });
  if (tag) await addToSignatureTag(target, subject, { layers: node.manifest?.layers ?? [], signal });
  return signature;
}

function signatureOf(content: Uint8Array, { key, certificates = [] }: SignOptions): Record<string, string> {
  const [certificate, ...chain] = certificates;
  return {
    [ANNOTATION.signature]: Buffer.from(signBytes(content, key)).toString("base64"),
    ...(certificate === undefined ? {} : { [ANNOTATION.certificate]: certificate }),
    ...(chain.length === 0 ? {} : { [ANNOTATION.chain]: chain.join("\n") }),
  };
}

/** One manifest under the tag holds all signatures, as layers of what looks like an image. */
async function addToSignatureTag(
  target: ImageTarget,
  subject: Descriptor,
  { layers, signal }: AbortOptions & { readonly layers: readonly Descriptor[] },
): Promise<void> {
  const tag = `${referrersTag(subject.digest)}.sig`;
  const all = [...(await layersUnder(target, tag, { signal })), ...layers];
  const rootfs = { type: "layers", diff_ids: all.map(({ digest }) => digest) };
  const config = await pushDocument(target, MEDIA_TYPE.ociConfig, { architecture: "", os: "", config: {}, rootfs });
  const mediaType = MEDIA_TYPE.ociManifest;
  const manifest = await pushDocument(target, mediaType, { schemaVersion: 2, mediaType, config, layers: all });
  await target.tag(manifest, tag, { signal });
}

async function layersUnder(target: ImageTarget, tag: string, options: AbortOptions): Promise<readonly Descriptor[]> {
  try {
    const { manifest } = await readNode(target, await target.resolve(tag, options), options);
    return manifest?.layers ?? [];
  } catch (error) {
    if (TsbuildError.is(error, "NOT_FOUND")) return [];
    throw error;
  }
}

async function pushDocument(target: ImageTarget, mediaType: string, document: unknown): Promise<Descriptor> {
  const content = canonicalJson(document);
  const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength };
  await target.push(descriptor, () => bytesOf(content));
  return descriptor;
}
