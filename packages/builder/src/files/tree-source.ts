import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import type { Digest, FileRange, Tree } from "@tsbuild/oci";
import type { FileSource } from "./file-source.ts";
import { nearestNames } from "./nearest.ts";

/** The tree of a chain of layers as something to copy from. */
export function treeSource(tree: Tree, title: string): FileSource {
  return {
    title,
    live: false,
    lstat: (path) => tree.lstat(path),
    resolve: (path) => tree.resolve(path),
    readdir: (path) => tree.readdir(path),
    walk: (path) => tree.walk(path),
    digest: ({ content }) => digestOfRange(content),
    knownDigest: () => undefined,
    confirm: () => undefined,
    explainMissing: (path) => nearestNames({ lstat: (p) => tree.lstat(p), readdir: (p) => tree.readdir(p) }, path),
  };
}

const EMPTY: FileRange = { file: "", offset: 0, size: 0 };

function digestOfRange(range: FileRange = EMPTY): Digest {
  const hash = createHash("sha256");
  if (range.size > 0) {
    const descriptor = openSync(range.file, "r");
    try {
      hashRange(range, (buffer) => hash.update(buffer), descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
  return `sha256:${hash.digest("hex")}`;
}

function hashRange(range: FileRange, update: (bytes: Uint8Array) => void, descriptor: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(range.size, 1 << 20));
  for (let done = 0; done < range.size; ) {
    const wanted = Math.min(buffer.length, range.size - done);
    const read = readSync(descriptor, buffer, 0, wanted, range.offset + done);
    if (read === 0) throw new Error(`${range.file} ends before its entry does`);
    update(buffer.subarray(0, read));
    done += read;
  }
}
