import { formatPlatform, type Platform } from "@tsbuild/oci";
import type { ArgInstruction, Dockerfile } from "@tsbuild/parser";
import type { CompileOptions } from "./compile-options.ts";
import { mistake } from "./dockerfile-error.ts";
import { expandWord, type Variables } from "./words.ts";

const PROXIES: ReadonlySet<string> = new Set(["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"]);

/** Build arguments that speak to BuildKit's SBOM scan: declared or not, they are in no command's environment. */
const NOT_IN_ENVIRONMENT: ReadonlySet<string> = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

/** Tells whether an ARG becomes a variable of the commands behind it. */
export function isInEnvironment(name: string): boolean {
  return !NOT_IN_ENVIRONMENT.has(name);
}

/**
 * What FROM lines see, and bare ARGs in a stage take their values from: the automatic arguments and the ARGs in front of
 * the first FROM, each beaten by a build argument of its name.
 * @throws DockerfileError
 */
export function globalArguments(dockerfile: Dockerfile, options: CompileOptions): Variables {
  const variables = new Map(automaticArguments(dockerfile, options));
  for (const instruction of dockerfile.globalArgs) declare(instruction, variables, dockerfile, options);
  return variables;
}

/**
 * The proxies among the build arguments, as a command gets them without an ARG: in upper and lower case; an empty one
 * is none. They are in no key and in no history, so that a build behind another proxy is the same build.
 */
export function proxyEnvironment(buildArgs: Readonly<Record<string, string>> = {}): readonly string[] {
  const names = Object.keys(buildArgs).sort();
  const proxies = new Map(names.map((name) => [name.toLowerCase(), buildArgs[name] ?? ""] as const));
  return [...proxies]
    .filter(([name, value]) => PROXIES.has(name) && value !== "")
    .flatMap(([name, value]) => [`${name.toUpperCase()}=${value}`, `${name}=${value}`]);
}

/**
 * The build argument SOURCE_DATE_EPOCH in seconds. Undefined where it is not given, or names a context or a stage whose
 * time only the build can tell.
 * @throws DockerfileError
 */
export function sourceDateEpoch(
  dockerfile: Dockerfile,
  options: CompileOptions,
  variables: Variables,
): number | undefined {
  const value = options.buildArgs?.SOURCE_DATE_EPOCH ?? variables.get("SOURCE_DATE_EPOCH") ?? "";
  if (value === "") return undefined;
  if (/^[+-]?\d+$/.test(value)) return Number(value);
  const named = [options.namedContexts, { context: true }].some((names) => Object.hasOwn(names ?? {}, value));
  if (named || dockerfile.stages.some((stage) => stage.name === value.toLowerCase())) return undefined;
  throw mistake(`invalid SOURCE_DATE_EPOCH: ${value}`, undefined, {
    code: "BUILD_ARGUMENT_INVALID",
    hint: "give whole seconds since 1970, as `git log -1 --format=%ct` prints them",
  });
}

function automaticArguments(dockerfile: Dockerfile, options: CompileOptions): Iterable<[string, string]> {
  const { platform, buildPlatform = platform, buildArgs = {} } = options;
  const target = (options.target ?? "") || dockerfile.stages.at(-1)?.name || "default";
  const automatic = {
    ...platformArguments("BUILD", buildPlatform),
    ...platformArguments("TARGET", platform),
    TARGETSTAGE: target,
  };
  return Object.entries(automatic).map(([name, value]) => [name, buildArgs[name] ?? value]);
}

function platformArguments(prefix: string, platform: Platform): Record<string, string> {
  return {
    [`${prefix}PLATFORM`]: formatPlatform(platform),
    [`${prefix}OS`]: platform.os,
    [`${prefix}OSVERSION`]: platform["os.version"] ?? "",
    [`${prefix}ARCH`]: platform.architecture,
    [`${prefix}VARIANT`]: platform.variant ?? "",
  };
}

function declare(
  { pairs, range }: ArgInstruction,
  variables: Map<string, string>,
  dockerfile: Dockerfile,
  { buildArgs = {} }: CompileOptions,
): void {
  const words = { escape: dockerfile.escape, range };
  for (const { key, value } of pairs) {
    const given = Object.hasOwn(buildArgs, key.text) ? buildArgs[key.text] : undefined;
    const own = given ?? (value && expandWord(value.text, variables, words));
    if (own !== undefined) variables.set(key.text, own);
  }
}
