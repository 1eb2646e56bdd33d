import { readFileSync } from "node:fs";
import { createFileLayer, decodeName, type Entry, type Layer, type LocalStore, MEDIA_TYPE } from "@tsbuild/oci";

/** The names in a plain tar as they stand there, whiteouts and all. */
export function* tarNames(file: string): Generator<string> {
  const bytes = readFileSync(file);
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 135), 8);
    const type = String.fromCharCode(bytes[at + 156] ?? 0);
    const name = decodeName(bytes.subarray(at, bytes.indexOf(0, at))).replace(/^\.?\//, "");
    if (type !== "x" && type !== "g") yield name.replace(/\/$/, "");
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** A layer with exactly these entries: no parents are added. */
export async function rawLayer(store: LocalStore, entries: readonly Pick<Entry, "path" | "type">[]): Promise<Layer> {
  const path = store.temporaryPath();
  const layer = createFileLayer(path);
  for (const entry of entries) layer.add({ mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, ...entry });
  const { diffId, size } = layer.finish();
  await store.adopt(path, diffId);
  return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
}
