import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TsbuildError } from "./error.ts";
import { formatPlatform, hostPlatform, normalizePlatform, type Platform, parsePlatform } from "./platform.ts";
import { matchPlatform, platformMatches } from "./platform-match.ts";

test.each<[string, string]>([
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/x86_64", "linux/amd64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v3", "linux/amd64/v3"],
  ["linux/arm", "linux/arm/v7"],
  ["armhf", "linux/arm/v7"],
  ["linux/armel", "linux/arm/v6"],
  ["Linux/RISCV64", "linux/riscv64"],
  ["windows(10.0.17763+win32k)/amd64", "windows(10.0.17763+win32k)/amd64"],
])("parsePlatform(%j) is %s", (text, expected) => {
  expect(formatPlatform(parsePlatform(text))).toBe(expected);
});

test.each(["", "/", "linux/", "linux//v7", "li nux/amd64", "nonsense", "a/b/c/d", "linux(%zz)/amd64", "*"])(
  "parsePlatform refuses %j",
  (text) => {
    expect(() => parsePlatform(text)).toThrow(TsbuildError);
  },
);

test("the host is a Linux platform that its own images match", () => {
  expect(hostPlatform().os).toBe("linux");
  expect(platformMatches(hostPlatform(), hostPlatform())).toBe(true);
});

describe("matchPlatform", () => {
  test.each<[string, readonly string[], string | undefined]>([
    ["linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["linux/amd64", ["linux/386", "linux/amd64"], "linux/amd64"],
    ["linux/amd64", ["linux/386"], "linux/386"],
    ["linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"],
    ["linux/arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], "linux/arm/v6"],
    ["linux/amd64", ["windows/amd64", "linux/arm64"], undefined],
    ["linux/riscv64", ["linux/riscv64"], "linux/riscv64"],
    ["linux/amd64", [], undefined],
  ])("%s of %j", (wanted, candidates, expected) => {
    const at = matchPlatform(parsePlatform(wanted), candidates.map(parsePlatform));
    expect(at === undefined ? undefined : candidates[at]).toBe(expected);
  });
});

describe("laws", () => {
  const platform: fc.Arbitrary<Platform> = fc.record(
    {
      os: fc.constantFrom("linux", "windows", "freebsd"),
      architecture: fc.constantFrom("amd64", "arm", "arm64", "386", "riscv64", "ppc64le"),
      variant: fc.constantFrom("v1", "v2", "v5", "v6", "v7", "v8", "v8.2", "v9"),
      "os.version": fc.stringMatching(/^[0-9.+%()/]{1,8}$/),
    },
    { requiredKeys: ["os", "architecture"] },
  );

  test("normal form stays as it is, and reads back from its text", () => {
    fc.assert(
      fc.property(platform, (value) => {
        const normal = normalizePlatform(value);
        expect(normalizePlatform(normal)).toEqual(normal);
        expect(parsePlatform(formatPlatform(normal))).toEqual(normal);
      }),
    );
  });

  test("every platform but one of an unknown variant matches itself", () => {
    fc.assert(
      fc.property(platform, (value) => platformMatches(value, value) && platformMatches(value, value, "exact")),
    );
  });
});
