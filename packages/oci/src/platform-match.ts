import { normalizePlatform, type Platform } from "./platform.ts";
import { windowsVersionRuns } from "./windows-version.ts";

/**
 * What counts as a match.
 * - `compatible`: what the wanted processor can run, best first: `amd64` also runs `386`, `arm64` also `arm/v8`.
 * - `exact`: the same processor and variant only.
 * - `os`: any processor of the same operating system, the wanted one first.
 */
export type PlatformMode = "compatible" | "exact" | "os";

/**
 * The index of the candidate that fits `wanted` best, by containerd's ranking; the earlier one among equals.
 * Undefined: none fits.
 */
export function matchPlatform(
  wanted: Platform,
  candidates: readonly Platform[],
  mode: PlatformMode = "compatible",
): number | undefined {
  const order = platformOrder(wanted, mode);
  const fitting = [...candidates.keys()].filter((at) => platformMatches(wanted, candidates[at] as Platform, mode));
  return fitting.sort((a, b) => order(candidates[a] as Platform, candidates[b] as Platform))[0];
}

/** Tells whether an image for `candidate` fits where `wanted` is asked for. */
export function platformMatches(wanted: Platform, candidate: Platform, mode: PlatformMode = "compatible"): boolean {
  const other = normalizePlatform(candidate);
  if (mode === "os") return osMatches(normalizePlatform(wanted), other, false);
  return runnable(wanted, mode).some((platform) => sameCpu(platform, other) && osMatches(platform, other));
}

/** A comparison for `Array.sort` that puts what fits `wanted` best first. */
export function platformOrder(wanted: Platform, mode: PlatformMode): (a: Platform, b: Platform) => number {
  const vector = runnable(wanted, mode);
  const rank = (platform: Platform): readonly number[] => {
    const other = normalizePlatform(platform);
    if (mode === "os" && !osMatches(vector[0] as Platform, other, false)) return [1, 0, 0, 0];
    const [kind, position] = positionIn(vector, other);
    return [0, kind, position, -(platform["os.features"]?.length ?? 0)];
  };
  return (a, b) => compareRanks(rank(a), rank(b));
}

// What carries features that nobody asked for comes after all that fits, but before what fits in no way.
function positionIn(vector: readonly Platform[], other: Platform): readonly [number, number] {
  const position = vector.findIndex((platform) => sameCpu(platform, other) && osMatches(platform, other));
  if (position >= 0) return [0, position];
  const { "os.features": _, ...plain } = other;
  const featureless = vector.findIndex((platform) => sameCpu(platform, other) && osMatches(platform, plain));
  return featureless >= 0 ? [1, featureless] : [2, 0];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

function sameCpu(a: Platform, b: Platform): boolean {
  return a.architecture === b.architecture && (a.variant ?? "") === (b.variant ?? "");
}

function osMatches(wanted: Platform, other: Platform, ignoreWin32k = wanted.os === "windows"): boolean {
  if (wanted.os !== other.os) return false;
  if (wanted.os === "windows" && !windowsVersionRuns(wanted["os.version"], other["os.version"])) return false;
  const has = new Set(wanted["os.features"]);
  // Every Windows image carries the feature win32k, and no request names it.
  return (other["os.features"] ?? []).every((feature) => has.has(feature) || (ignoreWin32k && feature === "win32k"));
}

// The normalised platforms that the wanted one can run, best first.
function runnable(wanted: Platform, mode: PlatformMode): readonly Platform[] {
  const platform = normalizePlatform(wanted);
  if (mode !== "compatible") return [platform];
  const { variant: _, ...rest } = platform;
  return processors(platform.architecture, platform.variant ?? "").map(([architecture, variant]) =>
    normalizePlatform({ ...rest, architecture, variant }),
  );
}

function processors(architecture: string, variant: string): readonly (readonly [string, string])[] {
  switch (architecture) {
    case "amd64":
      return [...levels("amd64", variant, 1), ["386", ""]];
    case "arm":
      return levels("arm", variant, 5);
    case "arm64": {
      const all = arm64Variants(variant).map((name) => ["arm64", name] as const);
      return all.length === 0 ? [["arm64", variant]] : [...all, ...levels("arm", "v8", 5)];
    }
    default:
      return [[architecture, variant]];
  }
}

// `v3` also runs `v2` and `v1`, down to `lowest`.
function levels(architecture: string, variant: string, lowest: number): readonly (readonly [string, string])[] {
  const highest = /^v[0-9]{1,2}$/.test(variant) ? Number(variant.slice(1)) : 0;
  const lower = Array.from({ length: Math.max(highest - lowest, 0) }, (_, step) => `v${highest - 1 - step}`);
  return [variant, ...lower].map((name) => [architecture, name] as const);
}

// Armv9.x includes Armv8.(x+5); the last of the eighth line is v8.9.
function arm64Variants(variant: string): readonly string[] {
  const match = /^v([89])(?:\.([0-9]))?$/.exec(variant === "" ? "v8" : variant);
  if (match === null) return [];
  const minor = Number(match[2] ?? 0);
  if (match[1] === "8") return minorVersions(8, minor);
  return [...minorVersions(9, minor), ...minorVersions(8, Math.min(minor + 5, 9))];
}

function minorVersions(major: number, highest: number): string[] {
  return Array.from({ length: highest + 1 }, (_, step) => `v${major}.${highest - step}`);
}
