import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RegistryClient } from "../client.ts";
import { type CertificateAndKey, issueCertificate } from "../signing/authority.ts";
import type { TestAuth } from "./auth.ts";
import { createTestRegistry } from "./registry.ts";

/** How {@link serveRegistry} serves. */
export interface ServeOptions {
  /** Everything is kept here. Made where it is missing. */
  readonly directory: string;
  /** @default 5000 */
  readonly port?: number;
  /** @default 127.0.0.1: this machine only */
  readonly address?: string;
  /** With a certificate that is made once and kept in `directory/tls`; further names that it shall hold for. */
  readonly tls?: { readonly names?: readonly string[] };
  readonly auth?: TestAuth;
  /** What is not here is fetched from this registry and kept: `docker.io`. */
  readonly upstream?: { readonly client: RegistryClient; readonly registry: string };
}

/** A registry that runs. */
export interface ServedRegistry extends AsyncDisposable {
  /** `127.0.0.1:5000`: the registry's part of a reference. */
  readonly host: string;
  readonly origin: string;
  /** With TLS, the certificate that clients must trust. */
  readonly authority?: string;
  close(): Promise<void>;
}

/** Serves a folder as a development registry, for as long as this process runs. */
export async function serveRegistry(options: ServeOptions): Promise<ServedRegistry> {
  const { directory, port = 5000, address = "127.0.0.1", auth, tls, upstream } = options;
  mkdirSync(directory, { recursive: true });
  const authority = join(directory, "tls", "ca.crt");
  const certificate = tls === undefined ? undefined : keptCertificate(join(directory, "tls"), address, tls.names ?? []);
  const registry = await createTestRegistry({
    directory: join(directory, "data"),
    port,
    address,
    record: false,
    ...(auth === undefined ? {} : { auth }),
    ...(certificate === undefined ? {} : { tls: certificate }),
    ...(upstream === undefined
      ? {}
      : { upstream: (name, meant = upstream.registry) => upstream.client.repository(`${meant}/${name}`) }),
  });
  const { host, origin, close } = registry;
  return {
    host,
    origin,
    ...(certificate === undefined ? {} : { authority }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The server's certificate, signed by an authority of its own that clients can trust once and for all. */
function keptCertificate(folder: string, address: string, more: readonly string[]): CertificateAndKey {
  const file = (name: string): string => join(folder, name);
  const read = (name: string): CertificateAndKey => ({
    cert: readFileSync(file(`${name}.crt`), "utf8"),
    key: readFileSync(file(`${name}.key`), "utf8"),
  });
  const write = (name: string, { cert, key }: CertificateAndKey): CertificateAndKey => {
    writeFileSync(file(`${name}.crt`), cert);
    writeFileSync(file(`${name}.key`), key, { mode: 0o600 });
    return { cert, key };
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const issuer = existsSync(file("ca.key"))
    ? read("ca")
    : write("ca", issueCertificate({ commonName: "tsbuild development registry", use: "authority", days: 3650 }));
  const own = address === "0.0.0.0" || address === "::" ? [] : [address];
  const names = [...new Set(["localhost", "127.0.0.1", "::1", ...own, ...more])];
  // Made anew at each start: it costs little, never expires in use, and follows the names.
  return write("server", issueCertificate({ commonName: "localhost", names, use: "server", issuer }));
}
