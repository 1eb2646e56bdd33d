import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanPath, comparePaths } from "./names.ts";

test.each([
  ["", ""],
  ["/", ""],
  [".", ""],
  ["a/./b//c/", "a/b/c"],
  ["../../a", "a"],
  ["/a/../../b", "b"],
  ["a/..", ""],
])("cleanPath(%j) is %j", (path, clean) => expect(cleanPath(path)).toBe(clean));

test("a folder comes right before what is in it", () => {
  const paths = ["a.b", "a/z", "a", "a/b/c", "a/b", "a-b", "b"];
  expect(paths.sort(comparePaths)).toEqual(["a", "a/b", "a/b/c", "a/z", "a-b", "a.b", "b"]);
});

test("no clean path leads out, and cleaning again changes nothing", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a./]{0,20}$/), (path) => {
      const clean = cleanPath(path);
      expect(clean.split("/")).not.toContain("..");
      expect(cleanPath(clean)).toBe(clean);
    }),
  );
});
