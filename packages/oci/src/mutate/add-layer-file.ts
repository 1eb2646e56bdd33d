import { createHash } from "node:crypto";
import type { AbortOptions } from "../bytes.ts";
import type { ContentStore } from "../content/store.ts";
import { TsbuildError } from "../error.ts";
import { sniffCompression, unpackTo } from "../layer/decompress.ts";
import type { Layer } from "../layer/layer.ts";
import { PACKED_TYPE } from "../layer/pack.ts";
import { streamFile } from "../layer/stream-range.ts";
import { MEDIA_TYPE } from "../media-type.ts";

/**
 * Brings a layer into a store that lies in a file: a tar, plain, or packed with gzip or zstd. It is read once to be
 * checked and once more to be sent.
 * @throws TsbuildError TAR_INVALID, LAYER_INVALID, ZSTD_UNSUPPORTED
 */
export async function addLayerFile(store: ContentStore, file: string, options: AbortOptions = {}): Promise<Layer> {
  const packed = createHash("sha256");
  const plain = createHash("sha256");
  let size = 0;
  let start: Uint8Array = new Uint8Array();
  async function* tapped(): AsyncGenerator<Uint8Array> {
    for await (const chunk of streamFile(file, options)) {
      if (size === 0) start = chunk.slice(0, 4);
      packed.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  let checked = false;
  await unpackTo(
    tapped(),
    async (chunk) => {
      if (!checked) checkTar(chunk, file);
      checked = true;
      plain.update(chunk);
    },
    options,
  );
  const compression = sniffCompression(start);
  const mediaType = compression === "none" ? MEDIA_TYPE.ociLayer : PACKED_TYPE[compression];
  const descriptor = { mediaType, digest: `sha256:${packed.digest("hex")}` as const, size };
  await store.push(descriptor, () => streamFile(file, options), options);
  return { descriptor, diffId: `sha256:${plain.digest("hex")}` };
}

/** Looks at the first header alone: a file of another kind shall not become a layer by mistake. */
function checkTar(start: Uint8Array, file: string): void {
  const header = start.subarray(0, 512);
  if (header.every((byte) => byte === 0) || isTarHeader(header)) return;
  throw new TsbuildError("TAR_INVALID", `${file} is no tar`, { hint: "a layer is a tar, plain or packed" });
}

/** The checksum of a header: the sum of its bytes, those of the checksum itself taken as blanks (POSIX, pax). */
function isTarHeader(header: Uint8Array): boolean {
  const said = Number.parseInt(Buffer.from(header.subarray(148, 156)).toString("latin1").replaceAll("\0", " "), 8);
  let sum = 0;
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  return sum === said;
}
