import { join } from "node:path";
import { type HostLookup, type HostSettings, mergeHostLookups } from "../hosts.ts";
import { readCertificates } from "./certs-d.ts";
import { readDockerDaemon } from "./docker-daemon.ts";
import { readHostsToml } from "./hosts-toml.ts";
import { readRegistriesConf } from "./registries-conf.ts";

/** Where {@link readHostSettings} looks. */
export interface HostSettingsOptions {
  /** The environment: CONTAINERS_REGISTRIES_CONF and XDG_CONFIG_HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder of the user. */
  readonly home: string;
  /** The folder of the machine's settings. @default "/etc" */
  readonly system?: string;
}

/**
 * The settings of this machine and user for registries, as Docker, Podman and containerd read them:
 *
 * - registries.conf of Podman: CONTAINERS_REGISTRIES_CONF, else the user's, else the machine's;
 * - hosts.toml of containerd, below `containerd/certs.d` and `docker/certs.d`;
 * - daemon.json of Docker: mirrors of docker.io and insecure registries;
 * - certs.d of Docker and Podman: authorities and client certificates.
 *
 * What stands earlier in this list goes before the rest. Files are read when they are first needed.
 * The lookup throws TsbuildError SETTINGS_INVALID where one of them is damaged.
 */
export function readHostSettings(options: HostSettingsOptions): HostLookup {
  const { env, home, system = "/etc" } = options;
  const config = env.XDG_CONFIG_HOME || join(home, ".config");
  const perHost = (read: (host: string) => HostSettings): HostLookup => {
    const known = new Map<string, HostSettings>();
    return (name) => {
      const [host = ""] = name.split("/", 1);
      const found = known.get(host) ?? read(host);
      known.set(host, found);
      return found;
    };
  };
  const certificateFolders = [
    join(config, "containers/certs.d"),
    join(config, "docker/certs.d"),
    join(system, "containers/certs.d"),
    join(system, "docker/certs.d"),
  ];
  return mergeHostLookups(
    lazily(() => registriesConf(options, config)),
    ...["containerd/certs.d", "docker/certs.d"].map((path) =>
      perHost((host) => readHostsToml(join(system, path), host)),
    ),
    lazily(() => readDockerDaemon(join(system, "docker/daemon.json"))),
    ...certificateFolders.map((folder) => perHost((host) => readCertificates(folder, host))),
  );
}

function registriesConf({ env, system = "/etc" }: HostSettingsOptions, config: string): HostLookup {
  if (env.CONTAINERS_REGISTRIES_CONF) return readRegistriesConf(env.CONTAINERS_REGISTRIES_CONF);
  const machine = readRegistriesConf(join(system, "containers/registries.conf"));
  const user = readRegistriesConf(join(config, "containers/registries.conf"));
  return mergeHostLookups(user, machine);
}

function lazily(read: () => HostLookup): HostLookup {
  let lookup: HostLookup | undefined;
  return (name) => {
    lookup ??= read();
    return lookup(name);
  };
}
