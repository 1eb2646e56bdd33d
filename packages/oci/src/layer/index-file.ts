import { createHash, randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { scanTarFile } from "../tar/scan.ts";
import { expandSparse } from "./expand-sparse.ts";
import { createIndexBuilder, type IndexBuilder } from "./index-builder.ts";
import { decodeDirectory, encodeIndex, type IndexTable } from "./index-codec.ts";
import type { IndexedDirectory, LayerIndex, LayerStore } from "./layer-index.ts";

/** The first line of an index file: a word with the format's version, the digest of the rest, the length of the table. */
const FIRST_LINE = /^tsbuild-layer-index-1 ([0-9a-f]{64}) ([0-9]{1,10})\n/;

/**
 * The index of a plain layer: from its file in the store's folder `layers`, or, where that is absent or damaged, made
 * anew from the tar. Synchronous; the caller keeps the result.
 *
 * @throws TsbuildError NOT_FOUND where the plain tar is not in the store, TAR_INVALID, LAYER_INVALID
 */
export function readLayerIndex(store: Pick<LayerStore, "folder" | "has" | "blobPath">, diffId: Digest): LayerIndex {
  const folder = store.folder("layers");
  const bytes = readIndexFile(layerIndexPath(folder, diffId)) ?? rebuild(store, folder, diffId);
  return openIndex(bytes, { diffId, tar: store.blobPath(diffId), holes: holesPath(folder, diffId) });
}

/** Makes sure that the index of a plain layer is there. Cheaper than {@link readLayerIndex} where it is. */
export function ensureLayerIndex(store: LayerStore, diffId: Digest): void {
  readLayerIndex(store, diffId);
}

/** The file of a layer's index in `folder`, the store's folder `layers`. */
export function layerIndexPath(folder: string, diffId: Digest): string {
  return join(folder, `${digestHex(diffId)}.index`);
}

/** Writes the index of a layer to `folder`, by temporary file and rename. */
export function writeLayerIndex(folder: string, diffId: Digest, builder: IndexBuilder): Buffer {
  const { table, body } = encodeIndex(builder.directories());
  const tableJson = Buffer.from(JSON.stringify(table));
  const hash = createHash("sha256").update(tableJson).update(body).digest("hex");
  const bytes = Buffer.concat([Buffer.from(`tsbuild-layer-index-1 ${hash} ${tableJson.length}\n`), tableJson, body]);
  const path = layerIndexPath(folder, diffId);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, bytes, { flag: "wx" });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return bytes;
}

/**
 * Scans the plain tar `file` and writes its index.
 * @throws TsbuildError TAR_INVALID, LAYER_INVALID
 */
export function indexTarFile(file: string, folder: string, diffId: Digest): Buffer {
  const builder = createIndexBuilder();
  const sparse = expandSparse(file, holesPath(folder, diffId));
  try {
    scanTarFile(file, (found, offset) => {
      if (found.sparse === undefined) builder.add(found.entry, offset);
      else builder.add(found.entry, sparse.add(found, offset), true);
    });
    sparse.finish();
  } finally {
    sparse.close();
  }
  return writeLayerIndex(folder, diffId, builder);
}

function rebuild(store: Pick<LayerStore, "has" | "blobPath">, folder: string, diffId: Digest): Buffer {
  if (!store.has(diffId))
    throw new TsbuildError("NOT_FOUND", `the plain layer ${diffId} is not in the store`, {
      hint: "Call makePlain for the layer first.",
    });
  return indexTarFile(store.blobPath(diffId), folder, diffId);
}

function holesPath(folder: string, diffId: Digest): string {
  return join(folder, `${digestHex(diffId)}.holes`);
}

/** Undefined where the file is absent or not as it was written. */
function readIndexFile(path: string): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const first = firstLine(bytes);
  if (first === undefined) return undefined;
  const hash = createHash("sha256").update(bytes.subarray(first.length)).digest("hex");
  return hash === first.hash ? bytes : undefined;
}

interface FirstLine {
  readonly length: number;
  readonly hash: string;
  readonly tableLength: number;
}

function firstLine(bytes: Buffer): FirstLine | undefined {
  const match = FIRST_LINE.exec(bytes.toString("latin1", 0, 128));
  if (!match) return undefined;
  return { length: match[0].length, hash: match[1] as string, tableLength: Number(match[2]) };
}

interface IndexPlaces {
  readonly diffId: Digest;
  readonly tar: string;
  readonly holes: string;
}

function openIndex(bytes: Buffer, { diffId, tar, holes }: IndexPlaces): LayerIndex {
  const { length, tableLength } = firstLine(bytes) as FirstLine;
  const start = length + tableLength;
  const table = JSON.parse(bytes.toString("utf8", length, start)) as IndexTable;
  const places = new Map(table.map((row) => [row[0], row]));
  const directory = (path: string): IndexedDirectory | undefined => {
    const place = places.get(path);
    if (place === undefined) return undefined;
    return decodeDirectory(path, bytes.toString("utf8", start + place[1], start + place[1] + place[2]));
  };
  return {
    diffId,
    directories: () => places.keys(),
    directory,
    contentOf: (entry) =>
      entry.type === "file"
        ? { file: entry.holes ? holes : tar, offset: entry.offset ?? 0, size: entry.size }
        : undefined,
  };
}
