import type { HostLookup, HostSettings, MirrorSettings } from "../hosts.ts";
import { listSettingsFiles, readSettingsFile } from "./files.ts";
import { settingsInvalid } from "./invalid.ts";
import { isTable, parseToml, type TomlTable, type TomlValue } from "./toml.ts";

/** One `[[registry]]` of a registries.conf. */
interface Entry {
  /** What it is about: a host, or a part of it; `*.example.com` is all hosts below. */
  readonly prefix: string;
  /** What stands in the place of `prefix`. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly digestsOnly: boolean;
  readonly mirrors: readonly Mirror[];
  readonly file: string;
}

interface Mirror {
  readonly location: string;
  readonly insecure: boolean;
  readonly pull: string;
}

/**
 * Settings as Podman, Buildah and Skopeo read them (containers-registries.conf(5), version 2): the entry with the longest
 * prefix of the name counts; `location` stands in the place of the prefix; mirrors are asked first.
 *
 * @param file `registries.conf`; the files of `registries.conf.d/` beside it count too, the later before the earlier.
 * @throws TsbuildError SETTINGS_INVALID
 */
export function readRegistriesConf(file: string): HostLookup {
  const byPrefix = new Map<string, Entry>();
  for (const each of [file, ...listSettingsFiles(`${file}.d`, ".conf")])
    for (const entry of readEntries(each)) byPrefix.set(entry.prefix, entry);
  const entries = [...byPrefix.values()].sort((a, b) => b.prefix.length - a.prefix.length);
  return (name) => {
    const entry = entries.find(({ prefix }) => matchedLength(prefix, name) !== undefined);
    return entry === undefined ? {} : settingsOf(entry, name);
  };
}

function readEntries(file: string): readonly Entry[] {
  const text = readSettingsFile(file);
  if (text === undefined) return [];
  const { registry = [] } = parseToml(text, file);
  return tablesOf(registry, `${file}: registry`).map((table) => {
    const location = textOf(table.location);
    const prefix = textOf(table.prefix) || location;
    if (prefix === "") throw settingsInvalid(`${file}: a registry has neither prefix nor location`);
    return {
      prefix,
      location,
      insecure: table.insecure === true,
      blocked: table.blocked === true,
      digestsOnly: table["mirror-by-digest-only"] === true,
      mirrors: tablesOf(table.mirror ?? [], `${file}: mirror`).map(readMirror),
      file,
    };
  });
}

function readMirror(table: TomlTable): Mirror {
  const pull = textOf(table["pull-from-mirror"]);
  return { location: textOf(table.location), insecure: table.insecure === true, pull };
}

function settingsOf(entry: Entry, name: string): HostSettings {
  const { blocked, insecure, location, file, prefix } = entry;
  if (blocked) return { blockedBy: file };
  const rest = name.slice(matchedLength(prefix, name));
  const moved = location === "" || prefix.startsWith("*.") ? undefined : splitLocation(location + rest);
  return {
    ...(insecure ? { mayBePlain: true, skipVerify: true } : {}),
    ...(moved === undefined || `${moved.host}/${moved.repository}` === name ? {} : placeOf(moved)),
    mirrors: entry.mirrors.map((mirror) => mirrorOf(mirror, rest, entry)),
  };
}

function placeOf({ host, repository }: Location): HostSettings {
  return { host: host === "docker.io" ? "registry-1.docker.io" : host, ...(repository === "" ? {} : { repository }) };
}

function mirrorOf({ location, insecure, pull }: Mirror, rest: string, { digestsOnly }: Entry): MirrorSettings {
  const { host, repository } = splitLocation(location + rest);
  return {
    url: `https://${host}`,
    ...(repository === "" ? {} : { repository }),
    ...(insecure ? { mayBePlain: true, skipVerify: true } : {}),
    ...(digestsOnly || pull === "digest-only" ? { abilities: ["pull"] as const } : {}),
    ...(pull === "tag-only" ? { tagsOnly: true } : {}),
  };
}

interface Location {
  readonly host: string;
  readonly repository: string;
}

function splitLocation(location: string): Location {
  const slash = location.indexOf("/");
  if (slash === -1) return { host: location, repository: "" };
  return { host: location.slice(0, slash), repository: location.slice(slash + 1) };
}

/** How much of `name` the prefix covers; undefined: it is not about this name. */
function matchedLength(prefix: string, name: string): number | undefined {
  if (prefix.startsWith("*.")) {
    const [host = ""] = name.split("/", 1);
    return host.replace(/:\d+$/, "").endsWith(prefix.slice(1)) ? host.length : undefined;
  }
  const whole = name === prefix || name.startsWith(`${prefix}/`);
  return whole ? prefix.length : undefined;
}

function tablesOf(value: TomlValue, what: string): readonly TomlTable[] {
  if (Array.isArray(value) && value.every(isTable)) return value;
  throw settingsInvalid(`${what} is no list of tables: write [[...]]`);
}

function textOf(value: TomlValue | undefined): string {
  return typeof value === "string" ? value : "";
}
