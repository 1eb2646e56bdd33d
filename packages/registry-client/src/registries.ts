import { parseReference, TsbuildError } from "@tsbuild/oci";
import type { RegistryContext, RepositoryContext } from "./context.ts";
import type { HostLookup, HostSettings } from "./hosts.ts";
import { createPullEndpoints, type DeadMirrors } from "./pull-endpoints.ts";
import { createTransfers } from "./transfers.ts";
import { mirrorEndpoint, registryEndpoint } from "./transport/endpoint.ts";
import type { Transport } from "./transport/transport.ts";

/** The contexts of all registries and repositories that a client was asked for. */
export interface Registries {
  /** @throws TsbuildError MIRROR_INVALID, REGISTRY_BLOCKED */
  registry(registry: string): RegistryContext;
  /** @throws TsbuildError MIRROR_INVALID, REGISTRY_BLOCKED */
  repository(name: string): RepositoryContext;
}

export interface RegistriesOptions {
  readonly transport: Transport;
  readonly hosts: HostLookup;
  /** Transfers at a time for one registry. */
  readonly concurrency: number;
}

export function createRegistries({ transport, hosts, concurrency }: RegistriesOptions): Registries {
  const shared = new Map<string, Pick<RegistryContext, "transfers" | "learnt">>();
  const contexts = new Map<string, RegistryContext>();
  const dead: DeadMirrors = new Map();
  const contextOf = (registry: string, name: string): RegistryContext => {
    const known = contexts.get(name);
    if (known !== undefined) return known;
    const settings = hosts(name);
    if (settings.blockedBy !== undefined) throw blocked(name, settings.blockedBy);
    const endpoint = registryEndpoint(registry, settings);
    transport.secure(endpoint.base.host, settings);
    const mirrors = (settings.mirrors ?? []).map((mirror) => {
      const mirrored = mirrorEndpoint(mirror, registry);
      transport.secure(mirrored.base.host, mirror);
      return mirrored;
    });
    const own = shared.get(endpoint.base.host) ?? {
      transfers: createTransfers(concurrency),
      learnt: { patchUploads: false, noMount: new Set<string>() },
    };
    shared.set(endpoint.base.host, own);
    const pulls = createPullEndpoints(placesOf(endpoint, mirrors, settings), dead);
    const context: RegistryContext = { transport, endpoint, pulls, ...own };
    contexts.set(name, context);
    return context;
  };
  return {
    registry: (registry) => contextOf(registry, registry),
    repository(text) {
      const { registry, repository } = parseReference(text);
      const name = `${registry}/${repository}`;
      return { ...contextOf(registry, name), name, repository };
    },
  };
}

function placesOf(
  registry: RegistryContext["endpoint"],
  mirrors: readonly RegistryContext["endpoint"][],
  { mirrorsOnly = false }: HostSettings,
): Parameters<typeof createPullEndpoints>[0] {
  return mirrorsOnly && mirrors.length > 0 ? { mirrors } : { mirrors, registry };
}

function blocked(name: string, by: string): TsbuildError {
  return new TsbuildError("REGISTRY_BLOCKED", `${name} is not to be used: ${by} blocks it`, {
    hint: `ask whoever looks after ${by}`,
  });
}
