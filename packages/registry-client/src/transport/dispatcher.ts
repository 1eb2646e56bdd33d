import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import type { ClientCertificate } from "../hosts.ts";

export type Undici = typeof import("undici");

export interface DispatcherOptions {
  /** Certificates of private authorities, PEM; trusted besides the public ones. */
  readonly ca?: readonly string[] | undefined;
  readonly client?: readonly ClientCertificate[] | undefined;
  /** Take any certificate. @default false */
  readonly skipVerify?: boolean | undefined;
  readonly proxy?:
    | {
        readonly http?: string | undefined;
        readonly https?: string | undefined;
        readonly no?: string | undefined;
      }
    | undefined;
}

/** Upload locations of some registries carry tokens of many kilobytes. */
const MAX_HEADER_BYTES = 64 * 1024;

/** This machine is never asked through a proxy, as with curl, Go and Docker. */
const NEVER_PROXIED = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** What undici opens its connections with. */
export function createDispatcher(undici: Undici, { proxy, ...settings }: DispatcherOptions): Dispatcher {
  const tls = tlsOptions(settings);
  const options = { connect: { ...tls, timeout: 10_000 }, maxHeaderSize: MAX_HEADER_BYTES };
  if (!(proxy?.http || proxy?.https)) return new undici.Agent(options);
  return new undici.EnvHttpProxyAgent({
    ...options,
    ...(Object.keys(tls).length === 0 ? {} : { requestTls: tls }),
    // Empty texts, since undici looks into the environment for what is undefined.
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: [proxy.no, ...NEVER_PROXIED].filter(Boolean).join(","),
    // Plain HTTP is handed to the proxy as such: most proxies let tunnels through to port 443 only.
    proxyTunnel: false,
    clientFactory: (origin, poolOptions) => proxyClient(undici, origin, poolOptions),
  });
}

function tlsOptions({ ca = [], client = [], skipVerify = false }: Omit<DispatcherOptions, "proxy">) {
  return {
    ...(ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] }),
    ...(client.length === 0 ? {} : { cert: client.map(({ cert }) => cert), key: client.map(({ key }) => key) }),
    ...(skipVerify ? { rejectUnauthorized: false } : {}),
  };
}

/** The connection to a proxy was not made, or broke before there was a tunnel. */
class ProxyError extends Error {
  override readonly name: string = "ProxyError";
  readonly code: string = "PROXY_FAILED";
}

/** undici takes a proxy that hangs up for a broken connection of its own and dials again, for ever: it needs another error. */
function proxyClient(undici: Undici, origin: URL, options: object): Dispatcher {
  const pool = new undici.Pool(origin, options);
  const connect = pool.connect.bind(pool) as (parameters: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;
  const guarded = async (parameters: Dispatcher.ConnectOptions) => {
    try {
      return await connect(parameters);
    } catch (cause) {
      throw new ProxyError(`the proxy ${origin.host} did not connect`, { cause });
    }
  };
  return Object.assign(pool, { connect: guarded as typeof pool.connect });
}
