import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";

/** The parts of config.json (OCI runtime-spec, config.md and config-linux.md) that are understood. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process?: OciProcess;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly mounts?: readonly OciMount[];
  readonly hooks?: Readonly<Partial<Record<HookName, readonly OciHook[]>>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: {
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
    readonly resources?: {
      readonly memory?: { readonly limit?: number };
      readonly cpu?: { readonly quota?: number; readonly period?: number };
      readonly pids?: { readonly limit?: number };
    };
    readonly maskedPaths?: readonly string[];
    readonly readonlyPaths?: readonly string[];
    readonly seccomp?: object;
  };
}

export interface OciProcess {
  readonly args: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly terminal?: boolean;
  readonly user?: {
    readonly uid?: number;
    readonly gid?: number;
    readonly umask?: number;
    readonly additionalGids?: readonly number[];
  };
  readonly capabilities?: Readonly<Partial<Record<"bounding" | "effective" | "permitted", readonly string[]>>>;
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
}

export type HookName = "prestart" | "createRuntime" | "poststart" | "poststop";

export interface OciHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout?: number;
}

const MAX_SIZE = 4 * 1024 * 1024;

/** Reads the config.json of a bundle. @throws TsbuildError CONFIG_INVALID */
export function readConfig(bundle: string, file: string = join(bundle, "config.json")): OciConfig {
  let config: unknown;
  try {
    if (statSync(file).size > MAX_SIZE) throw invalid(file, "it is larger than 4 MiB");
    config = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw TsbuildError.is(error) ? error : invalid(file, error instanceof Error ? error.message : String(error));
  }
  const problem = problemOf(config as OciConfig);
  if (problem !== undefined) throw invalid(file, problem);
  return config as OciConfig;
}

/** Checks a process, that of config.json or one that is to be started beside it. */
export function problemOfProcess(process: OciProcess | undefined): string | undefined {
  if (!isStrings(process?.args) || process.args.length === 0) return "process.args must be strings";
  if (process.env !== undefined && !isStrings(process.env)) return "process.env must be strings";
  if (typeof process.cwd !== "string" || !process.cwd.startsWith("/")) return "process.cwd must be absolute";
  if (process.terminal) return "process.terminal needs a console socket, which is not offered";
  return undefined;
}

function problemOf(config: OciConfig | null): string | undefined {
  if (typeof config !== "object" || config === null) return "it is no object";
  if (!/^1\.\d+\.\d+/.test(config.ociVersion ?? ""))
    return `ociVersion ${JSON.stringify(config.ociVersion)} is not 1.x`;
  if (typeof config.root?.path !== "string") return "root.path must be a string";
  const { mounts = [] } = config;
  if (!Array.isArray(mounts)) return "mounts must be an array";
  const bad = mounts.find(({ destination }) => typeof destination !== "string" || !destination.startsWith("/"));
  if (bad) return `mounts: ${JSON.stringify(bad.destination)} is no absolute path`;
  return problemOfProcess(config.process);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function invalid(file: string, problem: string): TsbuildError {
  return new TsbuildError("CONFIG_INVALID", `${file} is no config that can be run: ${problem}`);
}
