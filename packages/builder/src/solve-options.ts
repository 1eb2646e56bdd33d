import { formatPlatform, hostPlatform, type Platform, parsePlatform } from "@tsbuild/oci";
import type { SolveOptions } from "./builder.ts";
import type { StateOptions } from "./graph/state-draft.ts";

/**
 * The platforms that a request asks for, each once; at least one.
 * @throws TsbuildError PLATFORM_INVALID
 */
export function platformsOf({ platform }: Pick<SolveOptions, "platform">): readonly [Platform, ...Platform[]] {
  const byName = new Map(
    (platform ?? "").split(",").flatMap((text) => {
      if (text.trim() === "") return [];
      const parsed = parsePlatform(text.trim());
      return [[formatPlatform(parsed), parsed] as const];
    }),
  );
  const [first = hostPlatform(), ...others] = byName.values();
  return [first, ...others];
}

/** What compiling a state takes from a request. */
export function stateOptions(request: SolveOptions, platform: Platform): StateOptions {
  const { network, extraHosts, noCache } = request;
  return { platform, ...defined({ network, extraHosts, noCache }) };
}

/** The members that have a value: an optional member that is undefined is not the same as none. */
export function defined<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: NonNullable<Members[Name]> } {
  const found = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(found) as { [Name in keyof Members]?: NonNullable<Members[Name]> };
}
