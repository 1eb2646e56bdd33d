import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compressLayer,
  extendImage,
  type FileEntry,
  type Image,
  type LocalStore,
  openStore,
  scratch,
  writeLayer,
} from "@tsbuild/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareImages } from "./compare-images.ts";
import { valueDifferences } from "./value-differences.ts";

let folder: string;
let store: LocalStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-compare-"));
  store = await openStore(join(folder, "store"));
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const COMMON: readonly FileEntry[] = [
  { path: "etc/same", content: "same" },
  { path: "etc.d/x", content: "x" },
];

async function imageOf(...layers: readonly (readonly FileEntry[])[]): Promise<Image> {
  const written = await Promise.all([COMMON, ...layers].map((entries) => writeLayer(store, entries)));
  return extendImage(store, scratch("linux/amd64"), { layers: written, created: new Date(0) });
}

async function changes(a: readonly FileEntry[], b: readonly FileEntry[]): Promise<unknown> {
  const { files } = await compareImages(store, { image: await imageOf(a) }, { image: await imageOf(b) });
  return files.map(({ path, only, changes: list }) => [path, only ?? list.map((each) => [each.what, each.a, each.b])]);
}

test("an image and itself, also packed, are equal", async () => {
  const image = await imageOf([{ path: "a", content: "a" }]);
  const layers = await Promise.all(image.layers.map((layer) => compressLayer(store, layer, { compression: "gzip" })));
  const comparison = await compareImages(store, { image }, { image: { ...image, layers } });
  expect(comparison).toEqual({ equal: true, config: [], layers: [], files: [], total: 0 });
});

test.each<readonly [string, FileEntry, FileEntry, unknown]>([
  ["mode", { path: "f", mode: 0o644 }, { path: "f", mode: 0o600 }, [["f", [["mode", "644", "600"]]]]],
  ["owner", { path: "f", uid: 1 }, { path: "f", gid: 2 }, [["f", [["owner", "1:0", "0:2"]]]]],
  [
    "time",
    { path: "f", mtime: new Date(0) },
    { path: "f", mtime: new Date(1000) },
    [["f", [["time", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"]]]],
  ],
  [
    "content",
    { path: "f", content: "a" },
    { path: "f", content: "b" },
    [["f", [["content", expect.stringMatching(/^sha256:ca97/), expect.stringMatching(/^sha256:3e23/)]]]],
  ],
  [
    "link",
    { path: "l", type: "symlink", linkTarget: "a" },
    { path: "l", type: "symlink", linkTarget: "b" },
    [["l", [["link", "a", "b"]]]],
  ],
  [
    "type",
    { path: "t", type: "symlink", linkTarget: "a" },
    { path: "t", type: "directory" },
    [["t", [["type", "symlink", "directory"]]]],
  ],
  [
    "attributes",
    { path: "f", xattrs: new Map([["user.a", Buffer.from("1")]]) },
    { path: "f" },
    [["f", [["attributes", "user.a=MQ==", ""]]]],
  ],
])("%s", async (_what, a, b, expected) => {
  expect(await changes([a], [b])).toEqual(expected);
});

test("what is in one alone, and in which layer things are", async () => {
  const a = await imageOf([{ path: "a", content: "a" }], [{ path: "etc/same", content: "other" }]);
  const b = await imageOf([{ path: "b", content: "b" }]);
  const { files, layers, total, equal } = await compareImages(store, { image: a }, { image: b });
  expect(files.map(({ path, only, layerA, layerB }) => [path, only, layerA, layerB])).toEqual([
    ["a", "a", 1, undefined],
    ["b", "b", undefined, 1],
    ["etc/same", undefined, 2, 0],
  ]);
  expect([layers.map(({ index }) => index), total, equal]).toEqual([[1, 2], 3, false]);
});

test("the list of paths is limited, the count is not", async () => {
  const many = Array.from({ length: 20 }, (_, index) => ({ path: `f${index}`, content: "x" }));
  const options = { limit: 5 };
  const comparison = await compareImages(store, { image: await imageOf(many) }, { image: await imageOf() }, options);
  expect([comparison.files.length, comparison.total]).toEqual([5, 20]);
});

test("values differ at their innermost places", () => {
  const a = { Env: ["A=1", "B=1"], Labels: { x: "1" }, User: "a" };
  const b = { Env: ["A=1", "B=2", "C=3"], Labels: {}, User: "a" };
  expect(valueDifferences(a, b)).toEqual([
    { path: "Env[1]", a: "B=1", b: "B=2" },
    { path: "Env[2]", b: "C=3" },
    { path: "Labels.x", a: "1" },
  ]);
});
