import {
  formatPlatform,
  matchPlatform,
  normalizePlatform,
  type Platform,
  type PlatformMode,
  parsePlatformSpecifier,
  platformMatches,
  platformOrder,
  TsbuildError,
} from "@tsbuild/oci";
import { describe, expect, test } from "vitest";
import { suiteOf } from "./cases.ts";

const MODE: Readonly<Record<string, PlatformMode>> = {
  Only: "compatible",
  OnlyStrict: "exact",
  OnlyOS: "os",
  // A list of one, where order and matching are those of the one platform.
  Ordered: "exact",
  Any: "exact",
};

function each<Case extends { readonly id: string }>(name: string, check: (input: Case) => void): void {
  const cases = suiteOf<Case>(`platforms/${name}.json`);
  if (cases === undefined) test.skip(`platforms/${name} (needs the conformance data)`, () => undefined);
  describe.skipIf(cases === undefined)(`platforms/${name}`, () => {
    test.each((cases ?? []).map((input) => [input.id, input] as const))("%s", (_, input) => check(input));
  });
}

interface ParseCase {
  readonly id: string;
  readonly input: string;
  readonly expected: Platform;
  readonly matches: readonly Platform[];
  readonly formatted: string;
}

// What the text leaves out is this machine's; the suite was made on amd64.
const asOnAmd64 = (input: string, platform: Platform): Platform => {
  const { variant: _, ...rest } = platform;
  return input.includes("/") || platform.architecture === input ? platform : { ...rest, architecture: "amd64" };
};

each<ParseCase>("parse", ({ input, expected, matches, formatted }) => {
  const parsed = parsePlatformSpecifier(input);
  const onAmd64 = process.arch === "x64" ? parsed : asOnAmd64(input, parsed);
  expect(onAmd64).toEqual(expected);
  expect(formatPlatform(onAmd64)).toBe(formatted);
  for (const other of matches) expect(platformMatches(onAmd64, other, "exact")).toBe(true);
});

each<{ id: string; input: string }>("invalid", ({ input }) => {
  let caught: unknown;
  try {
    parsePlatformSpecifier(input);
  } catch (error) {
    caught = error;
  }
  expect(TsbuildError.is(caught, "PLATFORM_INVALID")).toBe(true);
});

interface FormatCase {
  readonly id: string;
  readonly platform: Platform;
  readonly expected: string;
  readonly roundtrip?: boolean;
}

each<FormatCase>("format_all", ({ platform, expected, roundtrip }) => {
  expect(formatPlatform(platform)).toBe(expected);
  if (roundtrip) expect(parsePlatformSpecifier(expected)).toEqual(platform);
});

interface MatchCase {
  readonly id: string;
  readonly mode: string;
  readonly platform: string;
  readonly other: string;
  readonly match: boolean;
}

for (const suite of ["match_Only", "match_OnlyStrict", "match_OnlyOS"]) {
  each<MatchCase>(suite, ({ mode, platform, other, match }) => {
    const wanted = parsePlatformSpecifier(platform);
    const candidate = parsePlatformSpecifier(other);
    expect(platformMatches(wanted, candidate, MODE[mode])).toBe(match);
    expect(matchPlatform(wanted, [candidate], MODE[mode])).toBe(match ? 0 : undefined);
  });
}

interface OrderCase {
  readonly id: string;
  readonly comparers: readonly string[];
  readonly platform: string;
  readonly platforms: readonly string[];
  readonly expected: readonly string[];
}

each<OrderCase>("order", ({ comparers, platform, platforms, expected }) => {
  for (const comparer of comparers) {
    const order = platformOrder(parsePlatformSpecifier(platform), MODE[comparer] ?? "compatible");
    expect([comparer, ...platforms.map(parsePlatformSpecifier).sort(order).map(formatPlatform)]).toEqual([
      comparer,
      ...expected.map((text) => formatPlatform(parsePlatformSpecifier(text))),
    ]);
  }
});

each<{ id: string; host: Platform; image: Platform; match: boolean }>("windows_abi", ({ host, image, match }) => {
  expect(platformMatches(normalizePlatform(host), image)).toBe(match);
});
