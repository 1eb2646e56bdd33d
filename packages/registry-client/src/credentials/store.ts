import { randomUUID } from "node:crypto";
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { Credentials } from "../credentials.ts";
import { isRecord } from "../transport/answer.ts";
import {
  type DockerConfig,
  type DockerConfigOptions,
  dockerConfigFile,
  helperFor,
  isKeyOf,
  readConfig,
  serverKey,
} from "./docker-config.ts";
import { eraseInHelper, storeInHelper } from "./helper.ts";

/** Where the credentials of a registry went or came from: a file, or a helper. */
export type CredentialPlace = { readonly file: string } | { readonly helper: string };

/**
 * Keeps the credentials of a registry as `docker login` does: with the helper that config.json names, else in the file
 * itself (mode 0600, replaced in one step, everything else in it kept). The file holds them merely encoded.
 * @throws TsbuildError CREDENTIALS_INVALID, CREDENTIAL_HELPER_FAILED
 */
export async function storeCredentials(
  options: DockerConfigOptions,
  registry: string,
  credentials: Credentials,
): Promise<CredentialPlace> {
  const file = dockerConfigFile(options);
  const config = await readConfig(file);
  const helper = helperFor(config, registry);
  if (helper !== undefined) {
    await storeInHelper(helper, { server: serverKey(registry), credentials }, options);
    return { helper };
  }
  const others = Object.entries(authsOf(config)).filter(([key]) => !isKeyOf(key, registry));
  const auths = Object.fromEntries([...others, [serverKey(registry), fileEntry(credentials)]]);
  await writeConfig(file, { ...config, auths });
  return { file };
}

/**
 * Forgets the credentials of a registry, as `docker logout` does. Undefined: there were none.
 * @throws TsbuildError CREDENTIALS_INVALID, CREDENTIAL_HELPER_FAILED
 */
export async function eraseCredentials(
  options: DockerConfigOptions,
  registry: string,
): Promise<CredentialPlace | undefined> {
  const file = dockerConfigFile(options);
  const config = await readConfig(file);
  const helper = helperFor(config, registry);
  if (helper !== undefined) await eraseInHelper(helper, serverKey(registry), options);
  const auths = authsOf(config);
  const kept = Object.entries(auths).filter(([key]) => !isKeyOf(key, registry));
  const erased = kept.length < Object.keys(auths).length;
  if (erased) await writeConfig(file, { ...config, auths: Object.fromEntries(kept) });
  if (helper !== undefined) return { helper };
  return erased ? { file } : undefined;
}

function authsOf({ auths }: DockerConfig): Readonly<Record<string, unknown>> {
  return isRecord(auths) ? auths : {};
}

function fileEntry(credentials: Credentials): Readonly<Record<string, string>> {
  if ("identityToken" in credentials) return { identitytoken: credentials.identityToken };
  if ("registryToken" in credentials) return { registrytoken: credentials.registryToken };
  return { auth: Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64") };
}

/** Writes beside the file and renames, so that no reader and no crash ever meets half of it. A link stays a link. */
async function writeConfig(file: string, config: DockerConfig): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const real = await realpath(file).catch(() => file);
    const temporary = `${real}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, `${JSON.stringify(config, undefined, "\t")}\n`, { mode: 0o600, flag: "wx" });
      await rename(temporary, real);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (error) {
    throw notWritten(file, error);
  }
}

function notWritten(file: string, cause: unknown): TsbuildError {
  const hint = "check who owns the file and its folder";
  return new TsbuildError("CREDENTIALS_INVALID", `cannot write the credentials to ${file}`, { hint, cause });
}
