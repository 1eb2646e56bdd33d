/** Key and certificate that a client shows to a host, PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** How connections to one host are secured. */
export interface TlsSettings {
  /** Certificates of authorities trusted for this host besides the public ones, PEM. */
  readonly ca?: readonly string[];
  /** Shown to this host and to no other, also not after a redirect. */
  readonly client?: readonly ClientCertificate[];
  /** Take any certificate. @default false */
  readonly skipVerify?: boolean;
}

/** What a host is asked for. */
export type HostAbility = "pull" | "resolve";

/** A place that is asked before the registry itself. */
export interface MirrorSettings extends TlsSettings {
  /** `http://` or `https://`, a host and, where its API lies deeper, a path: `/v2/` follows it. */
  readonly url: string;
  /** The name of the repository there. @default the same */
  readonly repository?: string;
  /** `resolve`: also for tags. `pull` alone: for digests only, which cannot be out of date. @default both */
  readonly abilities?: readonly HostAbility[];
  /** Only tags are asked of it. @default false */
  readonly tagsOnly?: boolean;
  /** The path of `url` is all of it: no `/v2/` follows. @default false */
  readonly overridePath?: boolean;
  /** Plain HTTP where the host turns out to speak no TLS. @default false */
  readonly mayBePlain?: boolean;
}

/** What is set for a repository's registry; see {@link HostLookup}. */
export interface HostSettings extends TlsSettings {
  /** Reached by plain HTTP (true) or TLS (false). @default plain HTTP on this machine only */
  readonly plain?: boolean;
  /** TLS with any certificate, and plain HTTP where there is no TLS: what Docker means by an insecure registry. @default false */
  readonly mayBePlain?: boolean;
  /** Another host that stands for the registry: `host[:port]`. */
  readonly host?: string;
  /** The name of the repository there. @default the same */
  readonly repository?: string;
  /** Asked first for pulls, in order. */
  readonly mirrors?: readonly MirrorSettings[];
  /** Ask mirrors only. @default false */
  readonly mirrorsOnly?: boolean;
  /** Where this was forbidden: an error, naming the file. */
  readonly blockedBy?: string;
}

/**
 * Finds the settings for `registry/repository` (for a ping or the catalog: for the registry alone). `readHostSettings`
 * makes one from the files of Docker, Podman and containerd.
 */
export type HostLookup = (name: string) => HostSettings;

/** Several lookups as one: what the first says goes before what the next says. Mirrors of all are kept, in order. */
export function mergeHostLookups(...lookups: readonly HostLookup[]): HostLookup {
  return (name) => lookups.map((lookup) => lookup(name)).reduce(merge, {});
}

function merge(first: HostSettings, second: HostSettings): HostSettings {
  return {
    ...second,
    ...first,
    ca: [...(first.ca ?? []), ...(second.ca ?? [])],
    client: [...(first.client ?? []), ...(second.client ?? [])],
    mirrors: [...(first.mirrors ?? []), ...(second.mirrors ?? [])],
  };
}
