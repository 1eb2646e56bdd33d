import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LocalStore } from "../content/local-store.ts";
import { openStore } from "../content/local-store-open.ts";
import { createMemoryStore } from "../content/memory.ts";
import type { ContentSource } from "../content/store.ts";
import type { TransferEvent } from "../content/transfer.ts";
import { digestOf } from "../digest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { compressLayer } from "./compress.ts";
import { hasZstd } from "./decompress.ts";
import { layerIndexPath, readLayerIndex } from "./index-file.ts";
import type { Layer } from "./layer.ts";
import { openTree } from "./open-tree.ts";
import { makePlain } from "./plain.ts";
import { writeLayer } from "./write.ts";

const hasTar = spawnSync("tar", ["--version"]).stdout?.toString().includes("GNU") === true;
const hasGzip = spawnSync("gzip", ["--version"]).status === 0;
const zstdCommand = spawnSync("zstd", ["--version"]).status === 0;

let root: string;
let store: LocalStore;
let plain: Buffer;
let layer: Layer;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "tsbuild-plain-"));
  store = await openStore(root);
  const text = Buffer.from("some text that packs well\n".repeat(100_000));
  layer = await writeLayer(store, [
    { path: "a/text", content: text },
    { path: "a/noise", content: randomBytes(1_500_000) },
    { path: "z", content: "end" },
  ]);
  plain = readFileSync(store.blobPath(layer.diffId));
  await store.remove(layer.diffId);
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

function packedAs(bytes: Buffer, mediaType: string = MEDIA_TYPE.ociLayerGzip): Layer {
  return { diffId: layer.diffId, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** A source that has just these bytes, in pieces. */
function sourceOf(bytes: Buffer, piece = 50_000): ContentSource & { fetched: number } {
  return {
    fetched: 0,
    exists: async () => true,
    async fetch() {
      this.fetched++;
      return (async function* () {
        for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
      })();
    },
  };
}

/** The checksum does not hold. */
function withDamagedTrailer(packed: Buffer): Buffer {
  return packed.fill(0x55, packed.length - 8, packed.length - 4);
}

function leftOvers(): string[] {
  return readdirSync(join(root, "ingest"));
}

describe("makePlain", () => {
  test.each([
    ["gzip", (bytes: Buffer) => gzipSync(bytes)],
    [
      "gzip of several members",
      (bytes: Buffer) => Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]),
    ],
    ["plain though called gzip", (bytes: Buffer) => bytes],
  ])("from a source: %s", async (_name, pack) => {
    const packed = pack(plain);
    const events: TransferEvent[] = [];
    const remote = packedAs(packed);
    await makePlain(store, remote, { source: sourceOf(packed), onEvent: (event) => events.push(event) });
    expect(readFileSync(store.blobPath(layer.diffId)).equals(plain)).toBe(true);
    expect(store.has(remote.descriptor.digest)).toBe(true);
    expect(Buffer.from(openTree(store, [remote]).readFile("z") ?? []).toString()).toBe("end");
    expect(events.map(({ type }) => type).filter((type) => type !== "transfer.progress")).toEqual([
      "transfer.started",
      "transfer.done",
    ]);
    expect(leftOvers()).toEqual([]);
  });

  test("concurrent calls fetch once", async () => {
    const packed = gzipSync(plain);
    const source = sourceOf(packed);
    await Promise.all([1, 2, 3].map(() => makePlain(store, packedAs(packed), { source })));
    expect(source.fetched).toBe(1);
  });

  test("one caller's abort does not fail the next", async () => {
    const packed = gzipSync(plain);
    const source = sourceOf(packed, 100);
    const reason = new Error("enough");
    const controller = new AbortController();
    const onEvent = () => controller.abort(reason);
    const [first, second] = await Promise.allSettled([
      makePlain(store, packedAs(packed), { source, signal: controller.signal, onEvent }),
      makePlain(store, packedAs(packed), { source }),
    ]);
    expect(first).toEqual({ status: "rejected", reason });
    expect(second.status).toBe("fulfilled");
    expect(leftOvers()).toEqual([]);
  });

  test.each([
    ["damaged gzip", "LAYER_INVALID", (bytes: Buffer) => withDamagedTrailer(gzipSync(bytes))],
    ["gzip cut off", "LAYER_INVALID", (bytes: Buffer) => gzipSync(bytes).subarray(0, 90_000)],
    ["another tar", "DIGEST_MISMATCH", (bytes: Buffer) => gzipSync(Buffer.concat([bytes, Buffer.alloc(512)]))],
    ["no tar", "TAR_INVALID", () => gzipSync(Buffer.alloc(5000, "no tar "))],
  ])("%s: %s, and nothing is left", async (_name, code, pack) => {
    const packed = pack(plain);
    await expect(makePlain(store, packedAs(packed), { source: sourceOf(packed) })).rejects.toMatchObject({ code });
    expect(leftOvers()).toEqual([]);
    expect(store.has(layer.diffId)).toBe(false);
  });

  test("other bytes than the descriptor says: DIGEST_MISMATCH", async () => {
    const remote = packedAs(gzipSync(plain, { level: 1 }));
    await expect(makePlain(store, remote, { source: sourceOf(gzipSync(plain)) })).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
    expect(leftOvers()).toEqual([]);
  });

  test("neither here nor anywhere: NOT_FOUND", async () => {
    await expect(makePlain(store, packedAs(gzipSync(plain)))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.skipIf(!zstdCommand || hasZstd())("zstd: ZSTD_UNSUPPORTED on this Node (needs the zstd command)", async () => {
    const packed = execFileSync("zstd", ["-c"], { input: plain, maxBuffer: 1 << 28 });
    await expect(makePlain(store, packedAs(packed), { source: sourceOf(packed) })).rejects.toMatchObject({
      code: "ZSTD_UNSUPPORTED",
    });
  });

  test.skipIf(!zstdCommand || !hasZstd())("zstd (needs the zstd command and a Node with zstd)", async () => {
    const packed = execFileSync("zstd", ["-c"], { input: plain, maxBuffer: 1 << 28 });
    await makePlain(store, packedAs(packed), { source: sourceOf(packed) });
    expect(store.has(layer.diffId)).toBe(true);
  });
});

describe("the index file", () => {
  beforeEach(() => makePlain(store, layer, { source: sourceOf(plain) }));

  test.each([
    ["absent", () => rmSync(layerIndexPath(store.folder("layers"), layer.diffId))],
    [
      "damaged",
      () => writeFileSync(layerIndexPath(store.folder("layers"), layer.diffId), "tsbuild-layer-index-1 0\n[]"),
    ],
  ])("%s: made anew from the tar", (_name, harm) => {
    harm();
    const index = readLayerIndex(store, layer.diffId);
    expect([...index.directories()]).toEqual(["", "a"]);
    expect([...(index.directory("a")?.entries.keys() ?? [])]).toEqual(["noise", "text"]);
  });
});

test.skipIf(!hasTar)(
  "a layer with sparse files: its content is whole, with and without its index (needs GNU tar)",
  async () => {
    const content = Buffer.concat([
      Buffer.alloc(1 << 20),
      Buffer.from("middle"),
      Buffer.alloc(1 << 20),
      Buffer.from("end"),
    ]);
    writeFileSync(join(root, "dense"), content);
    execFileSync("cp", ["--sparse=always", join(root, "dense"), join(root, "holes")]);
    const tar = execFileSync("tar", ["-C", root, "--format=posix", "-S", "-c", "holes", "dense"], {
      maxBuffer: 1 << 28,
    });
    const sparse: Layer = {
      diffId: digestOf(tar),
      descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf(tar), size: tar.length },
    };
    await makePlain(store, sparse, { source: sourceOf(tar) });
    for (let round = 0; round < 2; round++) {
      const tree = openTree(store, [sparse]);
      expect(Buffer.compare(tree.readFile("holes") ?? new Uint8Array(), content)).toBe(0);
      expect(Buffer.compare(tree.readFile("dense") ?? new Uint8Array(), content)).toBe(0);
      rmSync(layerIndexPath(store.folder("layers"), sparse.diffId));
    }
  },
);

describe("compressLayer", () => {
  beforeEach(() => makePlain(store, layer, { source: sourceOf(plain) }));

  test("gives one gzip member with the same content, and remembers it", async () => {
    const packed = await compressLayer(store, layer, { compression: "gzip" });
    const bytes = readFileSync(store.blobPath(packed.descriptor.digest));
    expect(packed.diffId).toBe(layer.diffId);
    expect(packed.descriptor).toEqual({
      mediaType: MEDIA_TYPE.ociLayerGzip,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    expect(gunzipSync(bytes).equals(plain)).toBe(true);
    expect(bytes.length).toBeLessThan(1_600_000);
    await store.remove(layer.diffId);
    expect(await compressLayer(store, packed, { compression: "gzip" })).toBe(packed);
  });

  test("depends on the level, not on the attempt", async () => {
    const digests = new Set<string>();
    for (const level of [1, 4, 4, 9]) {
      const { descriptor } = await compressLayer(store, layer, { compression: "gzip", level });
      digests.add(descriptor.digest);
      await store.remove(descriptor.digest);
    }
    expect(digests.size).toBe(3);
  });

  test.skipIf(!hasGzip)("gzip -t accepts it (needs gzip)", async () => {
    const { descriptor } = await compressLayer(store, layer, { compression: "gzip" });
    const bytes = readFileSync(store.blobPath(descriptor.digest));
    execFileSync("gzip", ["-t"], { input: bytes });
    expect(execFileSync("gzip", ["-dc"], { input: bytes, maxBuffer: 1 << 28 }).equals(plain)).toBe(true);
  });

  test.skipIf(!hasZstd())("zstd there and back (needs a Node with zstd)", async () => {
    const packed = await compressLayer(store, layer, { compression: "zstd" });
    await store.remove(layer.diffId);
    await makePlain(store, packed);
    expect(readFileSync(store.blobPath(layer.diffId)).equals(plain)).toBe(true);
  });

  test("aborted: rejects with the reason and leaves nothing", async () => {
    const reason = new Error("enough");
    await expect(compressLayer(store, layer, { compression: "gzip", signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(leftOvers()).toEqual([]);
  });
});

describe("writeLayer", () => {
  test.each(["none", "gzip"] as const)("to a store that is no folder, %s", async (compression) => {
    const memory = createMemoryStore();
    const written = await writeLayer(memory, [{ path: "a/text", content: "x" }], { compression });
    await makePlain(store, written, { source: memory });
    expect(Buffer.from(openTree(store, [written]).readFile("a/text") ?? []).toString()).toBe("x");
  });

  test("the order of the entries does not matter, parents are added, hard links come last", async () => {
    const files = [
      { path: "/b/c/file", content: "1" },
      { path: "a", type: "hardlink" as const, linkTarget: "/b/c/file" },
      { path: "b/", mode: 0o700 },
      { path: "empty", content: (async function* () {})() },
    ];
    const one = await writeLayer(store, files);
    const two = await writeLayer(store, [...files.slice(0, 3), { path: "empty" }].reverse());
    expect(one).toEqual(two);
    const shown = [...openTree(store, [one]).walk("")].map(({ path, mode, size }) => [path, mode.toString(8), size]);
    expect(shown.slice(1)).toEqual([
      ["a", "644", 1],
      ["b", "700", 0],
      ["b/c", "755", 0],
      ["b/c/file", "644", 1],
      ["empty", "644", 0],
    ]);
  });

  test("a path named twice, a file that is not there: refused", async () => {
    await expect(writeLayer(store, [{ path: "a" }, { path: "./a" }])).rejects.toMatchObject({ code: "ENTRY_INVALID" });
    await expect(writeLayer(store, [{ path: "a", content: { file: join(root, "no") } }])).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
    expect(leftOvers()).toEqual([]);
  });
});
