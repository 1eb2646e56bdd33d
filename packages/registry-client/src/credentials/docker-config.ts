import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { CredentialProvider, Credentials } from "../credentials.ts";
import { isRecord } from "../transport/answer.ts";
import { getFromHelper } from "./helper.ts";

/** Where `docker login` and `podman login` keep what they were told. */
export interface DockerConfigOptions {
  /** The one file to use. @default what `env` and `home` lead to */
  readonly configFile?: string;
  /** The environment: DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, and PATH for helpers. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder of the user. */
  readonly home: string;
  /** Told of what is in the way but does not hinder a pull of something public, such as a missing helper. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Finds credentials as Docker and Podman do: REGISTRY_AUTH_FILE where set, else Docker's config.json, then Podman's
 * auth.json. Within a file a helper of the registry (`credHelpers`) goes before the helper for all (`credsStore`), and
 * that before what the file itself holds (`auths`).
 *
 * The provider rejects with TsbuildError CREDENTIALS_INVALID where a file is damaged and CREDENTIAL_HELPER_FAILED where
 * a helper fails or does not end.
 */
export function dockerCredentials(options: DockerConfigOptions): CredentialProvider {
  // A helper is a program of its own: it is run once for each registry, however many repositories are asked for.
  const helped = new Map<string, Promise<Credentials | undefined>>();
  return async (registry, { signal, repository } = {}) => {
    for (const file of credentialFiles(options)) {
      const wanted = { ...options, signal, repository, helped };
      const found = await findCredentials(await readConfig(file), registry, wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The file that signing in writes to. */
export function dockerConfigFile({ configFile, env, home }: DockerConfigOptions): string {
  return configFile ?? (env.REGISTRY_AUTH_FILE || join(env.DOCKER_CONFIG || join(home, ".docker"), "config.json"));
}

function credentialFiles(options: DockerConfigOptions): string[] {
  const { configFile, env, home } = options;
  const first = dockerConfigFile(options);
  if (configFile !== undefined || env.REGISTRY_AUTH_FILE) return [first];
  const runtime = env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, "containers/auth.json")] : [];
  return [first, ...runtime, join(env.XDG_CONFIG_HOME || join(home, ".config"), "containers/auth.json")];
}

/** A parsed config.json, known to be an object and no more. */
export type DockerConfig = Readonly<Record<string, unknown>>;

const MAX_CONFIG = 4 * 1024 * 1024;

/** Reads a config.json; one that is not there is empty. */
export async function readConfig(file: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return {};
    throw notReadable(file, error);
  }
  const config = text.length > MAX_CONFIG ? undefined : parseObject(text);
  if (config !== undefined) return config;
  throw new TsbuildError("CREDENTIALS_INVALID", `${file} is not a config.json: it holds no JSON object`, {
    hint: "repair the file, or move it away and sign in again",
  });
}

function notReadable(file: string, cause: unknown): TsbuildError {
  const hint = "check who owns the file and its folder";
  return new TsbuildError("CREDENTIALS_INVALID", `cannot read the credentials in ${file}`, { hint, cause });
}

function parseObject(text: string): DockerConfig | undefined {
  if (text.trim() === "") return {};
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

type FindOptions = DockerConfigOptions & {
  readonly signal: AbortSignal | undefined;
  readonly repository: string | undefined;
  readonly helped: Map<string, Promise<Credentials | undefined>>;
};

async function findCredentials(
  config: DockerConfig,
  registry: string,
  options: FindOptions,
): Promise<Credentials | undefined> {
  const helper = helperFor(config, registry);
  const fromHelper = helper === undefined ? undefined : await askHelper(helper, registry, options);
  if (fromHelper !== undefined) return fromHelper;
  const { auths } = config;
  if (!isRecord(auths)) return undefined;
  const narrow = namespaces(registry, options.repository).map((key) => readEntry(auths[key]));
  const own = narrow.find((entry) => entry !== undefined);
  if (own !== undefined) return own;
  // The exact key goes before the other spellings of the same host.
  const keys = [serverKey(registry), ...Object.keys(auths)].filter((key) => isKeyOf(key, registry));
  return keys.map((key) => readEntry(auths[key])).find((entry) => entry !== undefined);
}

function askHelper(helper: string, registry: string, options: FindOptions): Promise<Credentials | undefined> {
  const key = `${helper} ${registry}`;
  const known = options.helped.get(key) ?? getFromHelper(helper, serverKey(registry), options);
  options.helped.set(key, known);
  known.catch(() => options.helped.delete(key));
  return known;
}

/** `quay.io/team/app`, `quay.io/team`: the keys by which Podman keeps credentials for a part of a registry. */
function namespaces(registry: string, repository = ""): string[] {
  const parts = repository.split("/").filter(Boolean);
  return parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join("/"));
}

/** The name of the helper that keeps the credentials of `registry`; undefined: the file itself does. */
export function helperFor({ credHelpers, credsStore }: DockerConfig, registry: string): string | undefined {
  const own = isRecord(credHelpers)
    ? Object.entries(credHelpers).find(([key, helper]) => isKeyOf(key, registry) && typeof helper === "string")?.[1]
    : undefined;
  const helper = own ?? credsStore;
  return typeof helper === "string" && helper !== "" ? helper : undefined;
}

/** The key under which Docker files a registry. */
export function serverKey(registry: string): string {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}

/** Tells whether `key` names `registry`: `host`, `https://host`, `https://host/v1/`, ... */
export function isKeyOf(key: string, registry: string): boolean {
  const [host = "", ...path] = key.replace(/^https?:\/\//, "").split("/");
  const canonical = /^(?:index\.|registry-1\.)?docker\.io$/.test(host) ? "docker.io" : host;
  return canonical === registry && ["", "v1", "v2"].includes(path.filter(Boolean).join("/"));
}

function readEntry(entry: unknown): Credentials | undefined {
  if (!isRecord(entry)) return undefined;
  const { identitytoken, registrytoken, auth, username, password } = entry;
  if (typeof identitytoken === "string" && identitytoken !== "") return { identityToken: identitytoken };
  if (typeof registrytoken === "string" && registrytoken !== "") return { registryToken: registrytoken };
  if (typeof auth === "string" && auth !== "") return decodeAuth(auth);
  if (typeof username === "string" && typeof password === "string" && username !== "") return { username, password };
  return undefined;
}

function decodeAuth(auth: string): Credentials | undefined {
  const text = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = text.indexOf(":");
  return colon <= 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
