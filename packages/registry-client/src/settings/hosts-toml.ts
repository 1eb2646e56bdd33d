import { dirname, join, resolve } from "node:path";
import type { ClientCertificate, HostAbility, HostSettings, MirrorSettings, TlsSettings } from "../hosts.ts";
import { readSettingsFile } from "./files.ts";
import { settingsInvalid } from "./invalid.ts";
import { isTable, parseToml, type TomlTable, type TomlValue } from "./toml.ts";

/**
 * Settings as containerd reads them: `<folder>/<host[:port]>/hosts.toml` (also `<host>_<port>_`, and `_default` for all
 * that have none). The hosts in it are mirrors; `server` is the registry itself.
 *
 * @throws TsbuildError SETTINGS_INVALID
 */
export function readHostsToml(folder: string, host: string): HostSettings {
  const file = [host, host.replace(/:(\d+)$/, "_$1_"), "_default"]
    .map((name) => join(folder, name, "hosts.toml"))
    // The name of a host is a name of a folder and nothing else.
    .filter((path) => dirname(dirname(path)) === join(folder))
    .find((path) => readSettingsFile(path) !== undefined);
  if (file === undefined) return {};
  const toml = parseToml(readSettingsFile(file) ?? "", file);
  const hosts = isTable(toml.host) ? Object.entries(toml.host) : [];
  const mirrors = hosts.map(([url, table]) => mirrorOf(url, isTable(table) ? table : {}, file));
  const server = typeof toml.server === "string" ? toml.server : undefined;
  return { ...tlsOf(toml, file), ...serverOf(server, host), mirrors };
}

/** Where the registry itself is to be reached: only its scheme and host can be said here. */
function serverOf(server: string | undefined, host: string): HostSettings {
  const url = server !== undefined && URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined) return {};
  const own = host === "docker.io" ? "registry-1.docker.io" : host;
  return { plain: url.protocol === "http:", ...(url.host === own ? {} : { host: url.host }) };
}

function mirrorOf(name: string, table: TomlTable, file: string): MirrorSettings {
  const url = /^https?:\/\//.test(name) ? name : `https://${name}`;
  const capabilities = Array.isArray(table.capabilities) ? table.capabilities : ["pull", "resolve"];
  const abilities = capabilities.filter((word): word is HostAbility => word === "pull" || word === "resolve");
  return { url, abilities, overridePath: table.override_path === true, ...tlsOf(table, file) };
}

function tlsOf(table: TomlTable, file: string): TlsSettings {
  const ca = textsOf(table.ca).map((path) => readBeside(path, file));
  const client = clientOf(table.client, file);
  return {
    ...(ca.length === 0 ? {} : { ca }),
    ...(client.length === 0 ? {} : { client }),
    ...(table.skip_verify === true ? { skipVerify: true } : {}),
  };
}

/** A file with both, a list of such files, or a list of pairs. */
function clientOf(value: TomlValue | undefined, file: string): ClientCertificate[] {
  const items = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return items.map((item) => {
    const [cert, key = cert] = textsOf(item);
    if (cert === undefined || key === undefined) throw settingsInvalid(`${file}: client is no path`);
    return { cert: readBeside(cert, file), key: readBeside(key === "" ? cert : key, file) };
  });
}

function textsOf(value: TomlValue | undefined): readonly string[] {
  const list: readonly TomlValue[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((item) => typeof item === "string");
}

function readBeside(path: string, file: string): string {
  const found = resolve(dirname(file), path);
  const text = readSettingsFile(found);
  if (text === undefined) throw settingsInvalid(`${file} names ${found}, which is not there`);
  return text;
}
