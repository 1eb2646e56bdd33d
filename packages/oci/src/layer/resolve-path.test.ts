import { describe, expect, test } from "vitest";
import { resolveInside } from "./resolve-path.ts";
import type { TreeEntry } from "./tree.ts";

const LINKS: Readonly<Record<string, string>> = {
  lib: "usr/lib",
  "usr/abs": "/etc",
  "usr/up": "../../../../etc",
  "usr/lib/here": ".",
  loop: "loop",
  ping: "pong",
  pong: "ping/x",
  chain: "lib/here/x",
};

function lstat(path: string): TreeEntry | undefined {
  const linkName = LINKS[path];
  if (linkName === undefined) return undefined;
  return { path, type: "symlink", mode: 0o777, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, linkName };
}

describe("resolving inside a tree", () => {
  test.each([
    ["a/b", "a/b"],
    ["/a//b/./c/", "a/b/c"],
    ["lib/x", "usr/lib/x"],
    ["lib", "usr/lib"],
    ["usr/abs/passwd", "etc/passwd"],
    ["usr/up/passwd", "etc/passwd"],
    ["../../a", "a"],
    ["lib/../x", "usr/x"],
    ["usr/lib/here/here/x", "usr/lib/x"],
    ["chain", "usr/lib/x"],
    ["", ""],
    ["..", ""],
  ])("%s is %s", (path, expected) => {
    expect(resolveInside(lstat, path, true)).toBe(expected);
  });

  test.each([
    ["lib", "lib"],
    ["lib/", "lib"],
    ["lib/here", "usr/lib/here"],
  ])("%s, the last part not followed, is %s", (path, expected) => {
    expect(resolveInside(lstat, path, false)).toBe(expected);
  });

  test.each(["loop", "ping"])("%s goes in circles", (path) => {
    expect(() => resolveInside(lstat, path, true)).toThrow(expect.objectContaining({ code: "TREE_SYMLINK_LOOP" }));
  });
});
