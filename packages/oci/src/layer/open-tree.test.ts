import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LocalStore } from "../content/local-store.ts";
import { openStore } from "../content/local-store-open.ts";
import type { Entry } from "../tar/entry.ts";
import { createFileLayer } from "./file-layer.ts";
import type { Layer } from "./layer.ts";
import { openTree } from "./open-tree.ts";

let root: string;
let store: LocalStore;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "tsbuild-tree-"));
  store = await openStore(root);
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

/** `dir/`, `file=content`, `link -> target`, `name => hard link`, one per word. */
async function layerOf(...lines: readonly string[]): Promise<Layer> {
  const path = store.temporaryPath();
  const layer = createFileLayer(path, { indexFolder: store.folder("layers") });
  for (const line of lines) {
    const { entry, content } = parseLine(line);
    layer.add(entry, Buffer.from(content));
  }
  const { diffId, size } = layer.finish();
  await store.adopt(path, diffId);
  return { diffId, descriptor: { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: diffId, size } };
}

function parseLine(line: string): { entry: Entry; content: string } {
  const common = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1, mtimeNsec: 0 };
  const [, path = "", arrow, rest = ""] = /^(.*?)(?:(=>|->|=)(.*))?$/.exec(line) ?? [];
  if (arrow === "=>") return { entry: { ...common, path, type: "hardlink", linkName: rest }, content: "" };
  if (arrow === "->") return { entry: { ...common, path, type: "symlink", linkName: rest }, content: "" };
  if (path.endsWith("/"))
    return { entry: { ...common, path: path.slice(0, -1), type: "directory", mode: 0o711 }, content: "" };
  return { entry: { ...common, path, type: "file", size: rest.length }, content: rest };
}

async function shown(...layers: readonly (readonly string[])[]): Promise<string[]> {
  const tree = openTree(store, await Promise.all(layers.map((lines) => layerOf(...lines))));
  return [...tree.walk("")].slice(1).map((entry) => {
    if (entry.type === "directory") return `${entry.path}/`;
    if (entry.type === "symlink") return `${entry.path}->${entry.linkName}`;
    return `${entry.path}=${Buffer.from(tree.readFile(entry.path) ?? []).toString()}`;
  });
}

describe("a tree over layers", () => {
  test.each([
    ["one layer", [["a/", "a/x=1", "b=2"]], ["a/", "a/x=1", "b=2"]],
    [
      "directories merge",
      [
        ["a/", "a/x=1"],
        ["a/", "a/y=2"],
      ],
      ["a/", "a/x=1", "a/y=2"],
    ],
    ["the upper file wins", [["a=1"], ["a=2"]], ["a=2"]],
    ["a whiteout hides", [["a=1", "b=1"], [".wh.a="]], ["b=1"]],
    ["a whiteout hides a directory", [["a/", "a/x=1", "b=1"], [".wh.a="]], ["b=1"]],
    ["a whiteout hides nothing of its own layer", [["a=1"], ["a=2", ".wh.a="]], ["a=2"]],
    ["a directory made anew over a whiteout", [["a/", "a/x=1"], [".wh.a="], ["a/", "a/y=1"]], ["a/", "a/y=1"]],
    [
      "an opaque directory",
      [
        ["a/", "a/x=1"],
        ["a/", "a/y=1", "a/.wh..wh..opq="],
      ],
      ["a/", "a/y=1"],
    ],
    ["an opaque directory hides below only", [["a/", "a/x=1"], ["a/", "a/.wh..wh..opq="], ["a/z=1"]], ["a/", "a/z=1"]],
    ["a file over a directory", [["a/", "a/x=1"], ["a=2"]], ["a=2"]],
    ["a directory over a file", [["a=1"], ["a/", "a/x=1"]], ["a/", "a/x=1"]],
    ["directory, file, directory", [["a/", "a/x=1"], ["a=2"], ["a/", "a/y=1"]], ["a/", "a/y=1"]],
    ["a hard link", [["a=1", "b=>a"]], ["a=1", "b=1"]],
    ["a hard link to a lower layer", [["a=1"], ["b=>a"]], ["a=1", "b=1"]],
    ["the last of two entries", [["a=1", "a=2"]], ["a=2"]],
    ["a hard link keeps what it linked to", [["a=1", "b=>a", "a=2"]], ["a=2", "b=1"]],
    ["parents are implied", [["a/b/c=1"]], ["a/", "a/b/", "a/b/c=1"]],
    ["notes of aufs are passed over", [[".wh..wh.plnk=", "a=1"]], ["a=1"]],
    [
      "through a symlink of the same layer",
      [["usr/lib/", "lib->usr/lib", "lib/x=1"]],
      ["lib->usr/lib", "usr/", "usr/lib/", "usr/lib/x=1"],
    ],
    [
      "byte order",
      [["b=1", "a-=1", "a/", "a/x=1", "\u{1f600}=1", "\uff5e=1"]],
      ["a/", "a/x=1", "a-=1", "b=1", "\uff5e=1", "\u{1f600}=1"],
    ],
  ])("%s", async (_name, layers, expected) => {
    expect(await shown(...layers)).toEqual(expected);
  });
});
