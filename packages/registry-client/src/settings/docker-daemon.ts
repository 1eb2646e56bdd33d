import type { HostLookup } from "../hosts.ts";
import { isRecord } from "../transport/answer.ts";
import { readSettingsFile } from "./files.ts";
import { settingsInvalid } from "./invalid.ts";

/**
 * What Docker's daemon.json says of registries: `registry-mirrors` (of docker.io) and `insecure-registries` (hosts, and
 * networks as `10.0.0.0/8`, which are not looked up here).
 * @throws TsbuildError SETTINGS_INVALID
 */
export function readDockerDaemon(file: string): HostLookup {
  const text = readSettingsFile(file);
  if (text === undefined) return () => ({});
  const config = parse(text, file);
  const mirrors = textsOf(config["registry-mirrors"]).map((url) => ({ url }));
  const insecure = new Set(textsOf(config["insecure-registries"]).map((host) => host.replace(/^https?:\/\//, "")));
  return (name) => {
    const [host = ""] = name.split("/", 1);
    return {
      ...(host === "docker.io" && mirrors.length > 0 ? { mirrors } : {}),
      ...(insecure.has(host) ? { mayBePlain: true, skipVerify: true } : {}),
    };
  };
}

function parse(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (isRecord(json)) return json;
  } catch (cause) {
    throw settingsInvalid(`${file} is not JSON`, { cause });
  }
  throw settingsInvalid(`${file} holds no JSON object`);
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
