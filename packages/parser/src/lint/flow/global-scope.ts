import type { ArgInstruction, Dockerfile } from "../../ast.ts";
import { expand } from "../../expand.ts";
import { platformParts } from "../platform-parts.ts";
import type { FlowOptions } from "./flow.ts";

/** Variables in order of their setting. */
export type Environment = ReadonlyMap<string, string>;

export interface GlobalScope {
  readonly env: Environment;
  /** Names of the global ARGs, also those without a value. */
  readonly declared: readonly string[];
}

/** What every build sets. */
export function platformArgs(dockerfile: Dockerfile, options: FlowOptions): Environment {
  const { platform = "linux/amd64", buildPlatform = "linux/amd64", target, buildArgs = {} } = options;
  const stage = target ?? dockerfile.stages.at(-1)?.name ?? "default";
  const all = [
    ...platformNames("BUILD", buildPlatform),
    ...platformNames("TARGET", platform),
    ["TARGETSTAGE", stage],
  ] as const;
  return new Map(all.map(([name, value]) => [name, buildArgs[name] ?? value]));
}

function platformNames(prefix: string, platform: string): (readonly [string, string])[] {
  const { os = "", architecture = "" } = platformParts(platform) ?? {};
  return [
    [`${prefix}PLATFORM`, platform],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, ""],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, platform.split("/")[2] ?? ""],
  ];
}

/** The global ARGs on top of what every build sets; undefined where one of them cannot be expanded. */
export function globalScope(
  dockerfile: Dockerfile,
  base: Environment,
  buildArgs: Readonly<Record<string, string>>,
): GlobalScope | undefined {
  const env = new Map(base);
  const declared: string[] = [];
  for (const { pairs } of dockerfile.globalArgs) {
    for (const pair of pairs) {
      const value = argValue(pair, env, { escape: dockerfile.escape, buildArgs });
      if (typeof value === "object") return undefined;
      declared.push(pair.key.text);
      if (value !== undefined) env.set(pair.key.text, value);
    }
  }
  return { env, declared };
}

type Pair = ArgInstruction["pairs"][number];

function argValue(
  { key, value }: Pair,
  env: Environment,
  { escape: token, buildArgs }: { escape: "\\" | "`"; buildArgs: Readonly<Record<string, string>> },
): string | undefined | { error: string } {
  if (Object.hasOwn(buildArgs, key.text)) return buildArgs[key.text];
  if (value === undefined) return undefined;
  const result = expand(value.text, (name) => env.get(name), { escape: token });
  return "error" in result ? result : result.text;
}
