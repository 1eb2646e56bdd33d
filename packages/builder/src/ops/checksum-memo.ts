import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex, isDigest, type Layer } from "@tsbuild/oci";
import type { CopyAction } from "../files/select.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import { writeWhole } from "../write-whole.ts";
import { diffIdsOf } from "./op-environment.ts";

/**
 * Content checksums of files in chains of layers. A chain never changes, so that its checksum is computed once; later
 * builds need neither its files nor, where they are in a registry, its layers.
 */
export interface ChecksumMemo {
  key(action: CopyAction, layers: readonly Layer[]): Digest;
  find(key: Digest): Digest | undefined;
  note(key: Digest, checksum: Digest): void;
}

/** Opens the memo below `directory`: one small file for each checksum. */
export function createChecksumMemo(directory: string): ChecksumMemo {
  const folder = join(directory, "checksums");
  mkdirSync(folder, { recursive: true });
  const fileOf = (key: Digest): string => join(folder, digestHex(key));
  return {
    key({ sources, exclude, parents, owner, mode }, layers) {
      const what = { sources, exclude, parents, owned: owner !== undefined, mode: mode ?? null };
      return cacheKeyOf({ type: "checksum", chain: diffIdsOf(layers), ...what }).digest;
    },
    find(key) {
      try {
        const text = readFileSync(fileOf(key), "utf8").trim();
        return isDigest(text) ? text : undefined;
      } catch {
        return undefined;
      }
    },
    note: (key, checksum) => writeWhole(fileOf(key), `${checksum}\n`),
  };
}
