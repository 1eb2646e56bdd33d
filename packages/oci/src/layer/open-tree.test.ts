import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LocalStore } from "../content/local-store.ts";
import { openStore } from "../content/local-store-open.ts";
import type { Entry } from "../tar/entry.ts";
import { createFileLayer } from "./file-layer.ts";
import type { Layer } from "./layer.ts";
import { openTree } from "./open-tree.ts";
import type { TreeEntry } from "./tree.ts";

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

describe("lookups", () => {
  test("parents must be real directories; resolve goes through symlinks", async () => {
    const tree = openTree(store, [await layerOf("usr/lib/x=1", "lib->usr/lib", "etc/passwd=root", "p->/etc/passwd")]);
    expect(tree.lstat("lib/x")).toBeUndefined();
    expect(tree.lstat(tree.resolve("lib/x"))).toMatchObject({ path: "usr/lib/x", type: "file" });
    expect(tree.readdir("lib")).toEqual([]);
    expect(tree.readdir("usr")).toEqual(["lib"]);
    expect(Buffer.from(tree.readFile("p", 2) ?? []).toString()).toBe("ro");
    expect(tree.readFile("usr")).toBeUndefined();
    expect([...tree.walk("nothing")]).toEqual([]);
  });

  test("an implied directory keeps what a lower layer says of it, a named one does not", async () => {
    const [lower, implied, named] = await Promise.all([layerOf("d/"), layerOf("d/x=1"), layerOf("d/", "d/y=1")]);
    expect(openTree(store, [lower, implied]).lstat("d")?.mode).toBe(0o711);
    expect(openTree(store, [implied]).lstat("d")).toMatchObject({ mode: 0o755, mtime: 0 });
    expect(openTree(store, [implied, named]).lstat("d")?.mode).toBe(0o711);
  });

  test("the names of one file share a link group", async () => {
    const tree = openTree(store, [await layerOf("a=1", "b=>a", "c=>b", "d=1")]);
    const groups = tree.readdir("").map((name) => tree.lstat(name)?.linkGroup);
    expect(new Set(groups).size).toBe(2);
    expect(groups[3]).toBeUndefined();
  });

  test("content streams in pieces and can be left early", async () => {
    const tree = openTree(store, [await layerOf(`big=${"x".repeat(3_000_000)}`, "d/")]);
    const big = tree.lstat("big") as TreeEntry;
    let bytes = 0;
    for await (const chunk of tree.stream(big)) bytes += chunk.length;
    expect(bytes).toBe(3_000_000);
    for await (const _ of tree.stream(big)) break;
    expect(() => tree.stream(tree.lstat("d") as TreeEntry)).toThrow(expect.objectContaining({ code: "NOT_A_FILE" }));
  });

  test.each([
    ["a whiteout of its own directory", ["d/.wh..="]],
    ["a whiteout of the directory above", ["d/.wh...="]],
    ["a whiteout of nothing", [".wh.="]],
    ["an entry below a file", ["a=1", "a/b=1"]],
    ["an entry below a circle of symlinks", ["a->b", "b->a", "a/x=1"]],
  ])("%s: LAYER_INVALID", async (_name, lines) => {
    await expect(layerOf(...lines)).rejects.toMatchObject({ code: "LAYER_INVALID" });
  });

  test("a hard link to nothing: LAYER_INVALID", async () => {
    const tree = openTree(store, [await layerOf("a=>missing")]);
    expect(() => tree.lstat("a")).toThrow(expect.objectContaining({ code: "LAYER_INVALID" }));
  });

  test("a layer that is not here: NOT_FOUND", async () => {
    const layer = await layerOf("gone=1");
    await store.remove(layer.diffId);
    expect(() => openTree(store, [layer])).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});

/** What applying layer after layer to a folder leaves: whiteouts first, then entries in order. */
function apply(layers: readonly (readonly string[])[]): string[] {
  const files = new Map<string, string>();
  for (const lines of layers) {
    for (const line of lines) hide(files, line);
    for (const line of lines) put(files, line);
  }
  return [...files.values()];
}

function hide(files: Map<string, string>, line: string): void {
  const [, directory, name] = /^(.*\/|)\.wh\.([a-z]|\.wh\.\.opq)=$/.exec(line) ?? [];
  if (directory === undefined || name === undefined) return;
  if (name.length === 1) remove(files, `${directory}${name}`);
  else removeAll(files, directory);
}

function put(files: Map<string, string>, line: string): void {
  if (line.includes(".wh.")) return;
  if (!line.endsWith("/")) remove(files, nameOf(line));
  files.set(nameOf(line), line);
}

function remove(files: Map<string, string>, path: string): void {
  files.delete(path);
  removeAll(files, `${path}/`);
}

function removeAll(files: Map<string, string>, prefix: string): void {
  for (const path of [...files.keys()]) if (path.startsWith(prefix)) files.delete(path);
}

test("a tree is what applying its layers one by one would leave", async () => {
  const leaf = fc.constantFrom("a/", "b/", "a=1", "b=2", ".wh.a=", ".wh.b=");
  const inner = fc.constantFrom("a/", "a=3", "b=4", ".wh.a=", ".wh..wh..opq=");
  const deep = fc.constantFrom("a=5", "b=6", ".wh.a=", ".wh..wh..opq=");
  // Parents are named, as every builder does: each layer is a small folder tree.
  const layer = fc
    .record({
      top: fc.array(leaf, { maxLength: 3 }),
      mid: fc.array(inner, { maxLength: 3 }),
      low: fc.array(deep, { maxLength: 2 }),
    })
    .map(({ top, mid, low }) => {
      const lines: string[] = [...top];
      if (mid.length > 0 || low.length > 0) lines.push("c/", ...mid.map((line) => `c/${line}`));
      if (low.length > 0) lines.push("c/d/", ...low.map((line) => `c/d/${line}`));
      return lines.filter((line, index) => lines.findIndex((other) => nameOf(other) === nameOf(line)) === index);
    });
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (layers) => {
      expect((await shown(...layers)).sort()).toEqual(apply(layers).sort());
    }),
    { numRuns: 150 },
  );
});

function nameOf(line: string): string {
  return line.replace(/[/=][0-9]?$/, "");
}
