import { type Bytes, bytesOf, type Digest, digestAlgorithm, digestHex, readAll } from "@tsbuild/oci";
import type { RegistryStorage } from "./storage.ts";

/** A repository's name (distribution spec, "Pulling manifests"). Linear: no two alternatives begin alike. */
export const NAME: RegExp = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
export const TAG: RegExp = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

const MAX_TEXT = 4 * 1024 * 1024;

/** The bytes of a blob, whatever repositories have it. */
export function blobKey(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

/** The mark that a repository has a blob. */
export function linkKey(name: string, digest: Digest): string {
  return `repositories/${name}/_blobs/${digest}`;
}

/** The mark that a repository has a manifest; it holds the media type. */
export function manifestKey(name: string, digest: Digest): string {
  return `repositories/${name}/_manifests/${digest}`;
}

/** A tag; it holds the digest. */
export function tagKey(name: string, tag: string): string {
  return `repositories/${name}/_tags/${tag}`;
}

/** Sets a key to a text. */
export async function writeText(storage: RegistryStorage, key: string, text: Uint8Array | string): Promise<void> {
  await storage.write(key, typeof text === "string" ? Buffer.from(text) : text);
}

/** What a key holds; undefined where it is not there. */
export async function readText(storage: RegistryStorage, key: string): Promise<string | undefined> {
  if ((await storage.size(key)) === undefined) return undefined;
  return new TextDecoder().decode(await readAll(storage.read(key), { limit: MAX_TEXT }));
}

/** No bytes at all. */
export function nothing(): Bytes {
  return bytesOf("");
}
