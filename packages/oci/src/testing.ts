import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf } from "./bytes.ts";
import type { ContentStore, ImageTarget } from "./content/store.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import { extendImage, type Image, scratch } from "./image.ts";
import { canonicalJson } from "./json.ts";
import type { Layer } from "./layer/layer.ts";
import { MEDIA_TYPE } from "./media-type.ts";
import { encodeEntry, TAR_END } from "./tar/write.ts";

/** A new folder for a test, and its end. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "tsbuild-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Pushes a small text. */
export async function pushText(store: ContentStore, text: string, mediaType = "text/plain"): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
  await store.push(descriptor, () => bytesOf(text));
  return descriptor;
}

/** A plain layer with the file `name`. */
export async function pushLayer(store: ContentStore, name: string, content: string = name): Promise<Layer> {
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  body.write(content);
  const header = encodeEntry({
    path: name,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: Buffer.byteLength(content),
    mtime: 0,
    mtimeNsec: 0,
  });
  const tar = Buffer.concat([header, body, TAR_END]);
  const descriptor = { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf(tar), size: tar.byteLength };
  await store.push(descriptor, () => bytesOf(tar));
  return { descriptor, diffId: descriptor.digest };
}

/** An image whose layers hold a file each. */
export async function pushImage(
  store: ContentStore,
  files: readonly string[],
  platform = "linux/amd64",
): Promise<Image> {
  const layers: Layer[] = [];
  for (const name of files) layers.push(await pushLayer(store, name));
  return extendImage(store, scratch(platform), { layers, config: { Cmd: [`/${files[0]}`] } });
}

/** An index of such images, one for each platform, and an attestation. */
export async function pushIndex(store: ImageTarget, platforms: readonly string[]): Promise<Descriptor> {
  const manifests: Descriptor[] = [];
  for (const platform of platforms) {
    const image = await pushImage(store, ["common", platform.replaceAll("/", "-")], platform);
    manifests.push({ ...image.descriptor, platform: image.platform });
  }
  const attestation = await pushImage(store, ["attestation"], "unknown/unknown");
  manifests.push({ ...attestation.descriptor, platform: { os: "unknown", architecture: "unknown" } });
  const content = canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests });
  const index = { mediaType: MEDIA_TYPE.ociIndex, digest: digestOf(content), size: content.byteLength };
  await store.push(index, () => bytesOf(content));
  return index;
}
