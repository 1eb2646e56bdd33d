interface WindowsVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/** Windows Server 2022, the first release that runs images of other builds. */
const FIRST_STABLE = 20_348;
/** The long-term releases, oldest first. */
const LONG_TERM = [FIRST_STABLE, 26_100];

/**
 * Tells whether a Windows image of version `image` runs on a host of version `host` (Microsoft's "Windows container
 * version compatibility"): up to Server 2019 the build must be the same, later hosts run images back to the long-term
 * release before theirs. A host without a version runs all, and everything runs an image without one.
 */
export function windowsVersionRuns(host: string | undefined, image: string | undefined): boolean {
  const on = parseWindowsVersion(host);
  if (on === undefined || image === undefined || image === "") return true;
  const of = parseWindowsVersion(image);
  if (of === undefined || on.major !== of.major || on.minor !== of.minor) return false;
  if (on.build < FIRST_STABLE) return on.build === of.build;
  const oldest = LONG_TERM.findLast((release) => on.build > release) ?? FIRST_STABLE;
  return oldest <= of.build && of.build <= on.build;
}

function parseWindowsVersion(text: string | undefined): WindowsVersion | undefined {
  const match = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,5})(?:\.|$)/.exec(text ?? "");
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), build: Number(match[3]) };
}
