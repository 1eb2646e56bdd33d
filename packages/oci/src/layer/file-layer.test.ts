import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../digest.ts";
import type { Entry } from "../tar/entry.ts";
import { readTar } from "../tar/read.ts";
import { createFileLayer, type FileLayer } from "./file-layer.ts";
import { indexTarFile, layerIndexPath } from "./index-file.ts";
import { streamFile } from "./stream-range.ts";

let folder: string;
let count = 0;
let path: string;
let layer: FileLayer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-file-layer-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  path = join(folder, `layer-${count++}`);
  layer = createFileLayer(path, { indexFolder: folder });
});

function fileEntry(name: string, size: number): Entry {
  return { path: name, type: "file", mode: 0o600, uid: 1, gid: 2, size, mtime: 3, mtimeNsec: 4 };
}

async function contents(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { entry, body } of readTar(streamFile(path))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    found[entry.path] = Buffer.concat(chunks).toString("latin1");
  }
  return found;
}

describe("a layer written to a file", () => {
  test("has the digest, the size and the index that a reader finds", () => {
    const big = join(folder, "big");
    writeFileSync(big, Buffer.alloc(2_500_000, "big "));
    layer.add(fileEntry("small", 3), Buffer.from("abc"));
    layer.addFile(fileEntry("d/big", 2_500_000), big);
    layer.addRange(fileEntry("d/part", 5), { file: big, offset: 4, size: 5 });
    const { diffId, size } = layer.finish();
    const bytes = readFileSync(path);
    expect([digestOf(bytes), bytes.length]).toEqual([diffId, size]);
    const written = readFileSync(layerIndexPath(folder, diffId));
    expect(indexTarFile(path, folder, diffId).equals(written)).toBe(true);
  });

  test("keeps whole seconds only, unless asked", async () => {
    const nanoseconds = createFileLayer(`${path}n`, { nanoseconds: true });
    for (const one of [layer, nanoseconds]) {
      one.add(fileEntry("a", 0));
      one.finish();
    }
    for (const [file, expected] of [
      [path, 0],
      [`${path}n`, 4],
    ] as const)
      for await (const { entry } of readTar(streamFile(file))) expect(entry.mtimeNsec).toBe(expected);
  });

  test.each([
    { name: "as long as said", content: "hello", size: 5, changed: false, expected: "hello" },
    { name: "shorter", content: "hell", size: 6, changed: true, expected: "hell\0\0" },
    { name: "longer", content: "hello", size: 2, changed: true, expected: "he" },
    { name: "empty", content: "", size: 0, changed: false, expected: "" },
  ])("a file that is $name", async ({ content, size, changed, expected }) => {
    const file = join(folder, "file");
    writeFileSync(file, content);
    const added = layer.addFile(fileEntry("f", size), file, { hash: true });
    layer.add(fileEntry("after", 1), Buffer.from("x"));
    layer.finish();
    expect(added).toEqual({ changed, digest: digestOf(expected) });
    expect(await contents()).toEqual({ f: expected, after: "x" });
  });

  test("an open file is read from its beginning and stays open", async () => {
    const file = join(folder, "open");
    writeFileSync(file, "12");
    const descriptor = openSync(file, "r");
    layer.addFile(fileEntry("a", 2), descriptor);
    layer.addFile(fileEntry("b", 2), descriptor);
    layer.finish();
    expect(await contents()).toEqual({ a: "12", b: "12" });
  });

  test("a symlink or nothing in the file's place: refused, and the layer goes on", async () => {
    symlinkSync("/etc/passwd", join(folder, "link"));
    for (const name of ["link", "missing"])
      expect(() => layer.addFile(fileEntry("a", 1), join(folder, name))).toThrow(
        expect.objectContaining({ code: "FILE_UNREADABLE" }),
      );
    layer.finish();
    expect(await contents()).toEqual({});
  });

  test("a FIFO in the file's place does not hang", () => {
    execFileSync("mkfifo", [join(folder, "fifo")]);
    expect(layer.addFile(fileEntry("a", 3), join(folder, "fifo"))).toEqual({ changed: true });
  });

  test("a range beyond the end of its file is a change", () => {
    const file = join(folder, "short");
    writeFileSync(file, "12345");
    truncateSync(file, 3);
    expect(layer.addRange(fileEntry("a", 3), { file, offset: 2, size: 3 })).toEqual({ changed: true });
  });

  test("content of another size than the entry's: refused", () => {
    expect(() => layer.add(fileEntry("a", 1))).toThrow(expect.objectContaining({ code: "ENTRY_INVALID" }));
  });

  test("an aborted layer leaves no file, a finished one stays", () => {
    layer.abort();
    expect(existsSync(path)).toBe(false);
    expect(() => layer.finish()).toThrow(expect.objectContaining({ code: "LAYER_FINISHED" }));
    const other = createFileLayer(`${path}b`);
    other.finish();
    other.abort();
    expect(existsSync(`${path}b`)).toBe(true);
  });
});
