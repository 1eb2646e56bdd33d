import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  convertImage,
  copyImage,
  createMemoryStore,
  type Descriptor,
  digestOf,
  extendImage,
  type ImageTarget,
  indexEntry,
  openArchive,
  openLayout,
  scratch,
  validateImage,
  writeArtifact,
  writeDockerArchive,
  writeIndex,
  writeLayer,
} from "@tsbuild/oci";
import {
  createRegistryClient,
  generateKeyPair,
  issueCertificate,
  type RegistryClient,
  type RegistryClientOptions,
  readHostSettings,
  readPrivateKey,
  readPublicKey,
  signImage,
  verifyImage,
} from "@tsbuild/registry-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type DockerRegistryOptions,
  type Server,
  startDockerRegistry,
  startNginx,
  startTokenServer,
} from "../support/registry-servers.ts";
import { hasProgram } from "../support/tsbuild.ts";

const withoutRegistry = !hasProgram("docker-registry");
const withoutSkopeo = withoutRegistry || !hasProgram("skopeo");
const withoutNginx = withoutRegistry || !hasProgram("nginx");

let folder: string;
let count = 0;
const servers: Server[] = [];
const clients: RegistryClient[] = [];
const authority = issueCertificate({ commonName: "tests", use: "authority" });
const server = issueCertificate({ commonName: "server", names: ["127.0.0.1"], use: "server", issuer: authority });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-e2e-servers-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const each of servers.splice(0)) await each.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fresh(name: string): string {
  const path = join(folder, `${name}-${count++}`);
  mkdirSync(path);
  return path;
}

async function registry(options: Omit<DockerRegistryOptions, "folder"> = {}): Promise<Server> {
  const started = await startDockerRegistry({ folder: fresh("registry"), ...options });
  servers.push(started);
  return started;
}

function client(options: RegistryClientOptions = {}): RegistryClient {
  const made = createRegistryClient({ retry: { attempts: 2, backoffMs: 10 }, ...options });
  clients.push(made);
  return made;
}

/** An index of two images, named v1. */
async function makeIndex(store: ImageTarget): Promise<Descriptor> {
  const entries: Descriptor[] = [];
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    const layer = await writeLayer(store, [{ path: "big", content: Buffer.alloc(400_000, platform) }], {
      compression: "gzip",
    });
    const image = await extendImage(store, scratch(platform), { layers: [layer], config: { Cmd: ["/x"] } });
    entries.push(indexEntry(image));
  }
  const index = await writeIndex(store, entries);
  await store.tag(index, "v1");
  return index;
}

/** Pushes, pulls back and checks every byte. */
async function thereAndBack(own: RegistryClient, name: string): Promise<void> {
  const store = createMemoryStore();
  const index = await makeIndex(store);
  await copyImage(store, own.repository(name), "v1");
  const back = createMemoryStore();
  expect(await copyImage(own.repository(name), back, "v1")).toEqual(index);
  await validateImage(back, index);
}

function skopeo(...args: readonly string[]): string {
  return execFileSync("skopeo", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe.skipIf(withoutRegistry)("docker-registry (needs docker-registry)", () => {
  test("TLS, its authority found in certs.d", async () => {
    const { host } = await registry({ tls: server });
    const system = fresh("etc");
    mkdirSync(join(system, "docker/certs.d", host), { recursive: true });
    const hosts = readHostSettings({ env: {}, home: system, system });
    await expect(client({ secure: [host] }).ping(host)).rejects.toMatchObject({ code: "TLS_FAILED" });
    writeFileSync(join(system, "docker/certs.d", host, "ca.crt"), authority.cert);
    await expect(client({ secure: [host], hosts }).ping(host)).resolves.toBeUndefined();
    await thereAndBack(client({ hosts: readHostSettings({ env: {}, home: system, system }) }), `${host}/a/b`);
  });

  test("TLS with client certificates: in certs.d, and not shown to others", async () => {
    const { host } = await registry({ tls: server, clientAuthority: authority.cert });
    const mine = issueCertificate({ commonName: "me", use: "client", issuer: authority });
    await expect(client({ secure: [host], ca: [authority.cert] }).ping(host)).rejects.toMatchObject({
      code: expect.stringMatching(/TLS_FAILED|REGISTRY_UNREACHABLE/),
    });
    const system = fresh("etc");
    const own = join(system, "containers/certs.d", host);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "ca.crt"), authority.cert);
    writeFileSync(join(own, "client.cert"), mine.cert);
    writeFileSync(join(own, "client.key"), mine.key);
    await thereAndBack(client({ hosts: readHostSettings({ env: {}, home: system, system }) }), `${host}/a/b`);
  });

  test("insecure as Docker means it: any certificate, or none", async () => {
    const insecure = { mayBePlain: true, skipVerify: true };
    for (const options of [{ tls: server }, {}]) {
      const { host } = await registry(options);
      await thereAndBack(client({ hosts: () => insecure }), `${host}/a/b`);
    }
  });

  test("a token server: one token for each set of rights, another for a mount", async () => {
    const signer = issueCertificate({ commonName: "tokens", use: "authority" });
    const tokens = await startTokenServer({ signer, users: { ada: "secret" } });
    servers.push(tokens);
    const { host } = await registry({ token: { realm: tokens.realm, certificate: signer.cert } });
    const own = client({ credentials: async () => ({ username: "ada", password: "secret" }) });
    await thereAndBack(own, `${host}/a/b`);
    const target = own.repository(`${host}/c/d`);
    await copyImage(own.repository(`${host}/a/b`), target, "v1");
    expect(tokens.given).toContainEqual(["repository:a/b:pull", "repository:c/d:pull,push"]);
    expect(new Set(tokens.given.map(String)).size).toBe(tokens.given.length);
    const stranger = client({ credentials: async () => ({ username: "ada", password: "wrong" }) });
    await expect(stranger.repository(`${host}/a/b`).resolve("v1")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("tokens that expire within the push", async () => {
    const signer = issueCertificate({ commonName: "tokens", use: "authority" });
    const tokens = await startTokenServer({ signer, users: { ada: "secret" }, lifetimeSeconds: 1 });
    servers.push(tokens);
    const { host } = await registry({ token: { realm: tokens.realm, certificate: signer.cert } });
    const own = client({ credentials: async () => ({ username: "ada", password: "secret" }) });
    const store = createMemoryStore();
    await makeIndex(store);
    const slow: ImageTarget = {
      ...store,
      async fetch(target, options) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        return store.fetch(target, options);
      },
    };
    await copyImage(slow, own.repository(`${host}/a/b`), "v1", { concurrency: 1 });
    expect(tokens.given.length).toBeGreaterThan(1);
  });

  test("no list of referrers: the fallback tag takes its place, also when one is deleted", async () => {
    const { host } = await registry();
    const own = client();
    const repository = own.repository(`${host}/a/b`);
    const store = createMemoryStore();
    const subject = await makeIndex(store);
    await copyImage(store, repository, "v1");
    const [first, second] = [
      await writeArtifact(repository, { artifactType: "application/vnd.a", subject }),
      await writeArtifact(repository, { artifactType: "application/vnd.b", subject }),
    ];
    expect((await repository.referrers(subject)).map(({ digest }) => digest)).toEqual([first.digest, second.digest]);
    expect(await repository.referrers(subject, { artifactType: "application/vnd.b" })).toHaveLength(1);
    await repository.delete(first);
    expect((await repository.referrers(subject)).map(({ digest }) => digest)).toEqual([second.digest]);
    const names: string[] = [];
    for await (const name of own.catalog(host)) names.push(name);
    expect(names).toEqual(["a/b"]);
  });

  test("what the registry has lost is sent anew", async () => {
    const { host } = await registry();
    const own = client();
    const store = createMemoryStore();
    await makeIndex(store);
    const repository = own.repository(`${host}/a/b`);
    const lying: ImageTarget = { ...repository, exists: async ({ mediaType }) => mediaType.includes("layer") };
    const events: string[] = [];
    await copyImage(store, lying, "v1", { onEvent: ({ type }) => events.push(type) });
    const back = createMemoryStore();
    await validateImage(back, await copyImage(repository, back, "v1"));
  });
});

describe.skipIf(withoutSkopeo)("skopeo and we (needs docker-registry and skopeo)", () => {
  test("it reads our index and each platform, in both formats", async () => {
    const { host } = await registry();
    const own = client();
    const store = createMemoryStore();
    const index = await makeIndex(store);
    for (const format of ["oci", "docker"] as const) {
      const copied = await copyImage(store, own.repository(`${host}/ours/${format}`), "v1", { format });
      const reference = `docker://${host}/ours/${format}:v1`;
      expect(digestOf(skopeo("inspect", "--raw", "--tls-verify=false", reference))).toBe(copied.digest);
      const layout = join(fresh("layout"), "l");
      skopeo("copy", "--all", "--src-tls-verify=false", reference, `oci:${layout}:v1`);
      const read = await openLayout(layout);
      await validateImage(read, await read.resolve("v1"));
    }
    expect(index.mediaType).toContain("oci.image.index");
  });

  test("we read its index, from a registry and from its archives", async () => {
    const { host } = await registry();
    const path = join(fresh("layout"), "l");
    const layout = await openLayout(path);
    const index = await makeIndex(layout);
    skopeo("copy", "--all", "--dest-tls-verify=false", `oci:${path}:v1`, `docker://${host}/theirs/app:v1`);
    const back = createMemoryStore();
    expect((await copyImage(client().repository(`${host}/theirs/app`), back, "v1")).digest).toBe(index.digest);
    const archives = fresh("archives");
    for (const kind of ["oci-archive", "docker-archive"]) {
      const file = join(archives, `${kind}.tar`);
      const name = kind === "docker-archive" ? "app:v1" : "v1";
      skopeo("copy", "--src-tls-verify=false", `docker://${host}/theirs/app:v1`, `${kind}:${file}:${name}`);
      const archive = await openArchive(file);
      const store = createMemoryStore();
      await validateImage(store, await copyImage(archive, store, name, { as: "v1" }));
      await archive.close();
    }
  });

  test("a Docker archive becomes a layout that it reads", async () => {
    const store = createMemoryStore();
    const layer = await writeLayer(store, [{ path: "hello", content: "hi\n" }]);
    const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer] });
    const at = fresh("converted");
    await writeDockerArchive(store, [{ name: "app:v1", descriptor: image.descriptor }], join(at, "docker.tar"));
    skopeo("copy", `docker-archive:${join(at, "docker.tar")}`, `docker-archive:${join(at, "theirs.tar")}:app:v1`);
    const archive = await openArchive(join(at, "theirs.tar"));
    const layout = await openLayout(join(at, "layout"));
    await copyImage(archive, layout, "app:v1", { as: "v1", format: "oci" });
    await archive.close();
    expect(JSON.parse(skopeo("inspect", `oci:${join(at, "layout")}:v1`))).toMatchObject({ Architecture: "amd64" });
    const docker = await convertImage(layout, await layout.resolve("v1"), "docker");
    expect(docker.mediaType).toContain("docker");
  });

  // Debian builds skopeo without sigstore: it fetches the signature from cosign's place, and openssl judges it.
  test.skipIf(!hasProgram("openssl"))("it finds our signature, and openssl accepts it (needs openssl)", async () => {
    const { host } = await registry();
    const repository = client().repository(`${host}/signed/app`);
    const store = createMemoryStore();
    const image = await extendImage(store, scratch("linux/amd64"), {});
    await store.tag(image.descriptor, "v1");
    await copyImage(store, repository, "v1");
    const { privateKey, publicKey } = generateKeyPair();
    const key = readPrivateKey(privateKey);
    await signImage(repository, image.descriptor, { key, reference: repository.name, tag: true });
    const requirement = { keys: [readPublicKey(publicKey)] };
    await expect(verifyImage(repository, image.descriptor, { requirement })).resolves.toHaveLength(1);
    const at = fresh("signature");
    const source = `docker://${host}/signed/app:${image.descriptor.digest.replace(":", "-")}.sig`;
    skopeo("copy", "--src-tls-verify=false", source, `dir:${at}`);
    const { layers } = JSON.parse(readFileSync(join(at, "manifest.json"), "utf8"));
    const signature = layers[0].annotations["dev.cosignproject.cosign/signature"];
    const payload = join(at, layers[0].digest.replace("sha256:", ""));
    writeFileSync(join(at, "signature"), Buffer.from(signature, "base64"));
    writeFileSync(join(at, "key.pub"), publicKey);
    const args = ["dgst", "-sha256", "-verify", join(at, "key.pub"), "-signature", join(at, "signature"), payload];
    expect(execFileSync("openssl", args, { encoding: "utf8" })).toContain("Verified OK");
    expect(JSON.parse(readFileSync(payload, "utf8")).critical).toEqual({
      identity: { "docker-reference": repository.name },
      image: { "docker-manifest-digest": image.descriptor.digest },
      type: "cosign container image signature",
    });
  });
});

describe.skipIf(withoutNginx)("nginx before docker-registry (needs docker-registry and nginx)", () => {
  const certificates = (at: string): string => {
    writeFileSync(join(at, "server.crt"), server.cert);
    writeFileSync(join(at, "server.key"), server.key);
    return `ssl_certificate ${at}/server.crt; ssl_certificate_key ${at}/server.key;`;
  };

  test.each([
    ["that tells it of TLS", "proxy_set_header X-Forwarded-Proto https;"],
    ["that does not: locations are http by mistake", ""],
  ])("a TLS front %s", async (_, header) => {
    const behind = await registry();
    const at = fresh("nginx");
    const front = await startNginx(
      at,
      (port) => `server { listen 127.0.0.1:${port} ssl; ${certificates(at)}
      location / { proxy_pass http://${behind.host}; proxy_set_header Host $http_host; ${header} } }`,
    );
    servers.push(front);
    await thereAndBack(client({ secure: [front.host], ca: [authority.cert] }), `${front.host}/a/b`);
  });

  test("blobs redirected to another host, which gets no credentials", async () => {
    const behind = await registry();
    const store = createMemoryStore();
    const index = await makeIndex(store);
    await copyImage(store, client().repository(`${behind.host}/a/b`), "v1");
    const at = fresh("nginx");
    // The one that is redirected to refuses whoever shows credentials: as the storage behind real registries does.
    const storage = await startNginx(
      fresh("nginx"),
      (port) => `server { listen 127.0.0.1:${port};
      location / { if ($http_authorization != "") { return 400; } proxy_pass http://${behind.host}; } }`,
    );
    servers.push(storage);
    const front = await startNginx(
      at,
      (port) => `server { listen 127.0.0.1:${port};
      location ~ /blobs/ { return 307 http://${storage.host}$request_uri; }
      location / { if ($http_authorization = "") { add_header WWW-Authenticate 'Basic realm="x"' always; return 401; }
        proxy_pass http://${behind.host}; proxy_set_header Authorization ""; } }`,
    );
    servers.push(front);
    const own = client({ credentials: async () => ({ username: "ada", password: "secret" }) });
    const back = createMemoryStore();
    await copyImage(own.repository(`${front.host}/a/b`), back, "v1");
    await validateImage(back, index);
  });

  test("a front that limits: 429 is waited for, 413 is told at once", async () => {
    const behind = await registry();
    const limited = await startNginx(
      fresh("nginx"),
      (port) => `limit_req_zone $server_name zone=z:1m rate=20r/s;
      server { listen 127.0.0.1:${port}; limit_req zone=z; limit_req_status 429;
      location / { proxy_pass http://${behind.host}; proxy_set_header Host $http_host; } }`,
    );
    servers.push(limited);
    await thereAndBack(client({ retry: { attempts: 8, backoffMs: 100 } }), `${limited.host}/a/b`);
    const small = await startNginx(
      fresh("nginx"),
      (port) => `server { listen 127.0.0.1:${port}; client_max_body_size 1k;
      location / { proxy_pass http://${behind.host}; proxy_set_header Host $http_host; } }`,
    );
    servers.push(small);
    const content = Buffer.alloc(5_000_000, "x");
    const target = { mediaType: "application/x", digest: digestOf(content), size: content.byteLength };
    const push = client()
      .repository(`${small.host}/a/b`)
      .push(target, async function* () {
        yield content;
      });
    await expect(push).rejects.toMatchObject({ code: "REQUEST_REJECTED", status: 413 });
  });
});
