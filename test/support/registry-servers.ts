import { type ChildProcess, spawn } from "node:child_process";
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CertificateAndKey } from "@tsbuild/registry-client";

/** A server that runs beside the tests. */
export interface Server {
  /** `127.0.0.1:port` */
  readonly host: string;
  close(): Promise<void>;
}

/** How docker-registry is set up. */
export interface DockerRegistryOptions {
  readonly folder: string;
  /** Lines of an htpasswd file, bcrypt only. */
  readonly htpasswd?: string;
  readonly tls?: CertificateAndKey;
  /** PEM: only clients with a certificate of this authority get in. */
  readonly clientAuthority?: string;
  /** A token server, and the certificate that its tokens are signed with. */
  readonly token?: { readonly realm: string; readonly certificate: string };
  /** What its upload locations begin with. @default what the request said */
  readonly relativeUrls?: boolean;
}

/** Starts Debian's docker-registry in a folder of its own. */
export async function startDockerRegistry(options: DockerRegistryOptions): Promise<Server> {
  const { folder, htpasswd, tls, clientAuthority, token, relativeUrls = false } = options;
  mkdirSync(folder, { recursive: true });
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const host = `127.0.0.1:${await freePort()}`;
  const certificates = tls && {
    certificate: put("server.crt", tls.cert),
    key: put("server.key", tls.key),
    ...(clientAuthority === undefined ? {} : { clientcas: [put("clients.crt", clientAuthority)] }),
  };
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host, relativeurls: relativeUrls, ...(certificates && { tls: certificates }) },
    auth: authOf({ htpasswd: htpasswd && put("htpasswd", htpasswd), token, put }),
  };
  // YAML takes JSON.
  const child = spawn("docker-registry", ["serve", put("config.yml", JSON.stringify(config))], { stdio: "ignore" });
  return started(child, host);
}

/** Starts nginx with these lines in its `http` block; PORT in them is its own. */
export async function startNginx(folder: string, lines: (port: number) => string): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; client_max_body_size 0; ${temporary.join(" ")}
${lines(port)}
}
`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const child = spawn("nginx", ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
    stdio: "ignore",
  });
  return started(child, `127.0.0.1:${port}`);
}

/** A token server as distribution's specification has it: Basic in, a signed token with the asked scopes out. */
export interface TokenServer extends Server {
  readonly realm: string;
  /** The scopes of each token that was given. */
  readonly given: readonly (readonly string[])[];
}

export async function startTokenServer(options: {
  readonly signer: CertificateAndKey;
  readonly users: Readonly<Record<string, string>>;
  readonly lifetimeSeconds?: number;
}): Promise<TokenServer> {
  const { signer, users, lifetimeSeconds = 300 } = options;
  const given: string[][] = [];
  const server = createServer((request, response) => {
    const [user = "", ...password] = Buffer.from(request.headers.authorization?.replace("Basic ", "") ?? "", "base64")
      .toString()
      .split(":");
    const known = users[user] !== undefined && users[user] === password.join(":");
    const url = new URL(request.url ?? "/", "http://localhost");
    const scopes = url.searchParams.getAll("scope");
    if (known) given.push(scopes);
    const token = signToken({ signer, user, scopes, lifetimeSeconds, service: url.searchParams.get("service") ?? "" });
    response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? { token, expires_in: lifetimeSeconds } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { host, realm: `http://${host}/token`, given, close };
}

interface TokenParts {
  readonly signer: CertificateAndKey;
  readonly user: string;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
}

function signToken({ signer, user, service, scopes, lifetimeSeconds }: TokenParts): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.flatMap((scope) => {
    const [type, name, actions] = [
      scope.split(":", 1)[0],
      scope.slice(scope.indexOf(":") + 1, scope.lastIndexOf(":")),
      scope.slice(scope.lastIndexOf(":") + 1),
    ];
    return [{ type, name, actions: actions.split(",") }];
  });
  const header = { typ: "JWT", alg: "RS256", x5c: [new X509Certificate(signer.cert).raw.toString("base64")] };
  const times = { exp: now + lifetimeSeconds, nbf: now - 10, iat: now };
  const claims = { iss: "tests", sub: user, aud: service, ...times, jti: randomUUID(), access };
  const body = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${body}.${createSign("sha256").update(body).sign(signer.key).toString("base64url")}`;
}

function authOf(options: {
  readonly htpasswd: string | undefined;
  readonly token: DockerRegistryOptions["token"];
  readonly put: (name: string, text: string) => string;
}): object | undefined {
  const { htpasswd, token, put } = options;
  if (htpasswd) return { htpasswd: { realm: "tests", path: htpasswd } };
  if (token === undefined) return undefined;
  const { realm, certificate } = token;
  return { token: { realm, service: "tests", issuer: "tests", rootcertbundle: put("tokens.crt", certificate) } };
}

async function started(child: ChildProcess, host: string): Promise<Server> {
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill()) await ended;
  };
  const [address = "", port = ""] = host.split(":");
  for (let i = 0; i < 200; i++) {
    if (await accepts(address, Number(port))) return { host, close };
    await sleep(50);
  }
  await close();
  throw new Error(`${child.spawnfile} does not answer`);
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
