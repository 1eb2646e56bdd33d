import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../bytes.ts";
import type { LocalStore } from "../content/local-store.ts";
import { openStore } from "../content/local-store-open.ts";
import { extractTree, streamTree } from "./extract.ts";
import type { FileEntry } from "./file-entry.ts";
import { openTree } from "./open-tree.ts";
import type { Tree } from "./tree.ts";
import { writeLayer } from "./write.ts";

const hasTar = spawnSync("tar", ["--version"]).status === 0;

let root: string;
let out: string;
let store: LocalStore;
let tree: Tree;

const FILES: readonly FileEntry[] = [
  { path: "bin/tool", content: "#!/bin/sh\n", mode: 0o4755, mtime: new Date(5000) },
  { path: "bin/twin", type: "hardlink", linkTarget: "bin/tool" },
  { path: "etc/", mode: 0o500, mtime: new Date(7000) },
  { path: "etc/link", linkTarget: "../../../outside" },
  { path: "etc/empty" },
  { path: "old", content: "x", mtime: new Date(-10_000) },
  { path: "pipe", type: "fifo" },
  { path: "a\udce9b", content: "latin-1" },
];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "tsbuild-extract-"));
  out = join(root, "out");
  store = await openStore(join(root, "store"));
  tree = openTree(store, [await writeLayer(store, FILES)]);
});
afterEach(async () => {
  await store.close();
  // An ordinary user cannot remove what lies in a read-only folder.
  if (lstatSync(join(out, "etc"), { throwIfNoEntry: false })?.isDirectory()) chmodSync(join(out, "etc"), 0o700);
  rmSync(root, { recursive: true, force: true });
});

describe("extractTree", () => {
  test("files, modes, times, links; devices and FIFOs are passed over", async () => {
    const { skipped } = await extractTree(tree, out);
    expect(skipped).toEqual(["pipe"]);
    const tool = lstatSync(join(out, "bin/tool"));
    expect([tool.mode & 0o7777, tool.mtimeMs, tool.nlink]).toEqual([0o4755, 5000, 2]);
    expect(lstatSync(join(out, "bin/twin")).ino).toBe(tool.ino);
    const etc = lstatSync(join(out, "etc"));
    expect([etc.mode & 0o7777, etc.mtimeMs]).toEqual([0o500, 7000]);
    expect(readlinkSync(join(out, "etc/link"))).toBe("../../../outside");
    expect(lstatSync(join(out, "old")).mtimeMs).toBe(-10_000);
    expect(readdirSync(out, { encoding: "buffer" }).map((name) => name.toString("latin1"))).toContain("a\u00e9b");
  });

  test("twice into the same folder; what else is there stays", async () => {
    await extractTree(tree, out);
    writeFileSync(join(out, "mine"), "mine");
    writeFileSync(join(out, "bin/tool"), "changed");
    await extractTree(tree, out);
    expect(readFileSync(join(out, "bin/tool"), "latin1")).toBe("#!/bin/sh\n");
    expect(existsSync(join(out, "mine"))).toBe(true);
  });

  test.each([
    ["in a directory's place", "bin"],
    ["in a file's place", "bin/tool"],
  ])("a symlink planted %s is not followed", async (_name, place) => {
    const outside = join(root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "tool"), "precious");
    mkdirSync(join(out, place, ".."), { recursive: true });
    symlinkSync(place === "bin" ? outside : join(outside, "tool"), join(out, place));
    await extractTree(tree, out);
    expect(readdirSync(outside)).toEqual(["tool"]);
    expect(readFileSync(join(outside, "tool"), "latin1")).toBe("precious");
    expect(lstatSync(join(out, "bin")).isDirectory()).toBe(true);
  });

  test("an abort and a folder that cannot be made", async () => {
    const reason = new Error("enough");
    await expect(extractTree(tree, out, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    writeFileSync(join(root, "file"), "");
    await expect(extractTree(tree, join(root, "file/x"))).rejects.toMatchObject({ code: "EXTRACT_FAILED" });
  });
});

describe("streamTree", () => {
  test.skipIf(!hasTar)("GNU tar lists it (needs tar)", async () => {
    const bytes = await readAll(streamTree(tree), { limit: 1 << 20 });
    const listed = execFileSync("tar", ["-t", "--quoting-style=escape"], { input: bytes })
      .toString()
      .trim()
      .split("\n");
    expect(listed).toEqual(["a\\351b", "bin/", "bin/tool", "bin/twin", "etc/", "etc/empty", "etc/link", "old", "pipe"]);
  });
});
