import { describe, expect, test } from "vitest";
import { resolveDestination, resolveWorkingDirectory, sourcePattern } from "./image-paths.ts";

describe("working directories", () => {
  const cases: readonly (readonly [current: string, path: string, os: string, result: string])[] = [
    ["/", "a", "linux", "/a"],
    ["/a", "../b", "linux", "/b"],
    ["/a", "/b", "linux", "/b"],
    ["", "b", "linux", "/b"],
    ["\\a", "b", "windows", "\\a\\b"],
    ["\\a", "C:\\b\\", "windows", "\\b"],
    ["\\a", "c:/b", "windows", "\\b"],
  ];
  for (const [current, path, os, result] of cases) {
    test(`${path} in ${current} on ${os}`, () => expect(resolveWorkingDirectory(current, path, os)).toBe(result));
  }

  test("another drive than C: is refused", () => {
    expect(() => resolveWorkingDirectory("\\", "D:\\x", "windows")).toThrow("not on the system drive");
  });
});

describe("destinations", () => {
  const cases: readonly (readonly [path: string, result: string])[] = [
    ["f", "/w/f"],
    ["d/", "/w/d/"],
    [".", "/w/"],
    ["./", "/w/"],
    ["..", "/"],
    ["d/.", "/w/d/"],
    ["/", "/"],
    ["/a//b/../c", "/a/c"],
    ["../../../x", "/x"],
  ];
  for (const [path, result] of cases) {
    test(path, () => expect(resolveDestination("/w", path, "linux")).toBe(result));
  }
});

describe("sources", () => {
  const cases: readonly (readonly [path: string, result: string])[] = [
    ["a", "a"],
    ["/a/", "a"],
    [".", "."],
    ["/", "."],
    ["../../x", "x"],
    ["a/../b/*.c", "b/*.c"],
  ];
  for (const [path, result] of cases) test(path, () => expect(sourcePattern(path, "linux")).toBe(result));
});
