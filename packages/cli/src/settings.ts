import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultRoot } from "@tsbuild/oci";
import type { DockerConfigOptions } from "@tsbuild/registry-client";
import type { BackendName } from "@tsbuild/runtime";
import { usageError } from "./usage-error.ts";

/** How progress is shown. */
export type ProgressMode = "auto" | "tty" | "plain" | "json" | "quiet";

/** Everything that the environment and the config file say, read once. docs/cli.md lists the variables. */
export interface Settings {
  /** The folder of the local store. */
  readonly root: string;
  /** Per registry host, the base URLs asked first. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Registries reached by plain HTTP. */
  readonly insecure: readonly string[];
  /** Registries of this machine that are reached by TLS. */
  readonly secure: readonly string[];
  /** Files with certificates of private authorities, trusted for all registries. */
  readonly authorities: readonly string[];
  readonly runtime: BackendName | undefined;
  readonly proxy: {
    readonly http: string | undefined;
    readonly https: string | undefined;
    readonly no: string | undefined;
  };
  /** Where credentials are found and kept: DOCKER_CONFIG, REGISTRY_AUTH_FILE and PATH (for helpers) of the environment. */
  readonly docker: DockerConfigOptions;
  /** SOURCE_DATE_EPOCH, in seconds since 1970. */
  readonly epoch: number | undefined;
  readonly color: boolean;
  readonly progress: ProgressMode;
  readonly configFile: string;
}

export interface SettingsSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
}

/**
 * Reads the settings. What a variable says wins over the config file.
 * @throws TsbuildError USAGE where a value makes no sense
 */
export function readSettings({ env, home, cwd }: SettingsSource): Settings {
  const configFile = env.TSBUILD_CONFIG ?? join(env.XDG_CONFIG_HOME || join(home, ".config"), "tsbuild", "config.json");
  const config = readConfigFile(configFile, env.TSBUILD_CONFIG !== undefined);
  const mirror = env.TSBUILD_REGISTRY_MIRROR;
  const root = env.TSBUILD_ROOT ? undefined : config.root;
  return {
    root: resolve(cwd, root ?? defaultRoot(env, home)),
    mirrors: mirror ? parseMirrors(mirror) : (config.mirrors ?? {}),
    insecure: env.TSBUILD_INSECURE_REGISTRIES ? words(env.TSBUILD_INSECURE_REGISTRIES) : (config.insecure ?? []),
    secure: env.TSBUILD_SECURE_REGISTRIES ? words(env.TSBUILD_SECURE_REGISTRIES) : (config.secure ?? []),
    authorities: (env.TSBUILD_CA ? words(env.TSBUILD_CA) : (config.ca ?? [])).map((file) => resolve(cwd, file)),
    runtime: parseBackend(env.TSBUILD_RUNTIME || config.runtime, "TSBUILD_RUNTIME"),
    proxy: {
      http: env.http_proxy || env.HTTP_PROXY,
      https: env.https_proxy || env.HTTPS_PROXY,
      no: env.no_proxy || env.NO_PROXY,
    },
    docker: { env, home },
    epoch: parseEpoch(env.SOURCE_DATE_EPOCH),
    color: !env.NO_COLOR,
    progress: parseProgressMode(env.BUILDKIT_PROGRESS || "auto", "BUILDKIT_PROGRESS"),
    configFile,
  };
}

/** @throws TsbuildError USAGE */
export function parseProgressMode(text: string, from = "--progress"): ProgressMode {
  if (text === "rawjson") return "json";
  if (text === "none") return "quiet";
  if (text === "auto" || text === "tty" || text === "plain" || text === "json" || text === "quiet") return text;
  throw usageError(`${from}: ${JSON.stringify(text)} is none of auto, tty, plain, json, quiet`);
}

const BACKENDS: readonly BackendName[] = ["native", "crun", "runc", "bubblewrap", "chroot", "proot"];

/** @throws TsbuildError USAGE */
export function parseBackend(text: string | undefined, from = "--runtime"): BackendName | undefined {
  if (text === undefined || text === "" || text === "auto") return undefined;
  const name = BACKENDS.find((backend) => backend === text);
  if (name !== undefined) return name;
  throw usageError(`${from}: ${JSON.stringify(text)} is none of ${BACKENDS.join(", ")}, auto`);
}

/**
 * `URL` stands for docker.io, `host=URL,host2=URL` names the registries; a host may stand there several times.
 * @throws TsbuildError USAGE
 */
export function parseMirrors(text: string): Record<string, string[]> {
  const mirrors: Record<string, string[]> = {};
  for (const word of words(text)) {
    const [, host = "docker.io", url = ""] = /^(?:([^=/]+)=)?(.*)$/s.exec(word) ?? [];
    if (!/^https?:\/\/[^/]/.test(url)) {
      throw usageError(`TSBUILD_REGISTRY_MIRROR: ${JSON.stringify(url)} is no http:// or https:// URL`);
    }
    mirrors[host] ??= [];
    mirrors[host].push(url);
  }
  return mirrors;
}

interface ConfigFile {
  readonly root?: string;
  readonly runtime?: string;
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  readonly insecure?: readonly string[];
  readonly secure?: readonly string[];
  readonly ca?: readonly string[];
}

function readConfigFile(file: string, required: boolean): ConfigFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT" && !required) return {};
    throw usageError(`cannot read the config file ${file}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw usageError(`the config file ${file} is not JSON`, { cause });
  }
  return checkConfig(value, file);
}

function checkConfig(value: unknown, file: string): ConfigFile {
  if (!isRecord(value)) throw usageError(`the config file ${file} holds no JSON object`);
  const config: { -readonly [Key in keyof ConfigFile]: ConfigFile[Key] } = {};
  for (const [key, setting] of Object.entries(value)) {
    if ((key === "root" || key === "runtime") && typeof setting === "string") config[key] = setting;
    else if ((key === "insecure" || key === "secure" || key === "ca") && isStrings(setting)) config[key] = setting;
    else if (key === "mirrors" && isRecord(setting)) config.mirrors = checkMirrors(setting, file);
    else throw usageError(`the config file ${file}: ${JSON.stringify(key)} is unknown or has the wrong type`);
  }
  return config;
}

function checkMirrors(value: Record<string, unknown>, file: string): Record<string, readonly string[]> {
  const mirrors: Record<string, readonly string[]> = {};
  for (const [host, urls] of Object.entries(value)) {
    if (typeof urls === "string") mirrors[host] = [urls];
    else if (isStrings(urls)) mirrors[host] = urls;
    else throw usageError(`the config file ${file}: mirrors of ${host} must be URLs`);
  }
  return mirrors;
}

function parseEpoch(text: string | undefined): number | undefined {
  if (!text) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw usageError(`SOURCE_DATE_EPOCH: ${JSON.stringify(text)} is no count of seconds`);
  return Number(text);
}

function words(text: string): string[] {
  return text.split(/[,\s]+/).filter((word) => word !== "");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
