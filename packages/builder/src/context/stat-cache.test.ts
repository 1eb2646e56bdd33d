import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@tsbuild/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ContextFile } from "./scan.ts";
import { openStatCache } from "./stat-cache.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-stat-"));
  file = join(folder, "deep", "cache.stat");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OLD = 1_600_000_000_123.4565;
const DIGEST = digestOf("x");

function entry(path: string, change: Partial<ContextFile> = {}): ContextFile {
  return { path, type: "file", mode: 0o644, size: 5, mtime: OLD, ctime: OLD, inode: 2 ** 50 + 1, ...change };
}

function kept(...files: readonly ContextFile[]): ReadonlyMap<string, ContextFile> {
  return new Map(files.map((each) => [each.path, each]));
}

test("knows again what was noted, names in any bytes", () => {
  const files = [entry("a"), entry("d/ä"), entry("\udcff")];
  const cache = openStatCache(file);
  for (const each of files) cache.note(each, DIGEST);
  cache.save(kept(...files));
  const again = openStatCache(file);
  expect(files.map((each) => again.find(each))).toEqual([DIGEST, DIGEST, DIGEST]);
});

test.each([{ size: 6 }, { mtime: OLD + 0.001 }, { ctime: OLD + 0.001 }, { inode: 1 }, { mode: 0o755 }])(
  "does not know a file with another %o",
  (change) => {
    const cache = openStatCache(file);
    cache.note(entry("a"), DIGEST);
    expect(cache.find(entry("a", change))).toBeUndefined();
  },
);

test("does not trust a file that was just written", () => {
  const now = Date.now();
  const cache = openStatCache(file);
  cache.note(entry("a", { mtime: now }), DIGEST);
  cache.note(entry("b", { ctime: now }), DIGEST);
  expect(cache.find(entry("a", { mtime: now }))).toBeUndefined();
  expect(cache.find(entry("b", { ctime: now }))).toBeUndefined();
});

test("forgets files that are gone", () => {
  const cache = openStatCache(file);
  cache.note(entry("a"), DIGEST);
  cache.note(entry("b"), DIGEST);
  cache.save(kept(entry("b")));
  const again = openStatCache(file);
  expect([again.find(entry("a")), again.find(entry("b"))]).toEqual([undefined, DIGEST]);
});

test.each(["", "TSBSTAT2", "TSBSTAT2\xff\xff\xff\xff", "something else"])(
  "a damaged file is an empty cache: %j",
  (text) => {
    const damaged = join(folder, "damaged");
    writeFileSync(damaged, text, "latin1");
    expect(openStatCache(damaged).find(entry("a"))).toBeUndefined();
  },
);
