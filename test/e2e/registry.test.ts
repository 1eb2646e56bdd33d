import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  copyImage,
  createMemoryStore,
  type Descriptor,
  digestOf,
  extendImage,
  type Image,
  type ImageTarget,
  openLayout,
  readImage,
  scratch,
  validateImage,
  writeLayer,
} from "@tsbuild/oci";
import {
  createRegistryClient,
  dockerCredentials,
  eraseCredentials,
  type RegistryClient,
  type RegistryClientOptions,
  storeCredentials,
} from "@tsbuild/registry-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

function installed(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

const withoutRegistry = !installed("docker-registry");
const withoutSkopeo = withoutRegistry || !installed("skopeo");

/** bcrypt of "pass:word", made once: Debian has no tool for it that is always there. */
const HTPASSWD = "ada:$2y$04$PMQG0a5fnm6LYAKu///Pw.yc.Ciwwwf0SjOHyyuvk3OvurA2r4Ui6\n";
const ada = { username: "ada", password: "pass:word" };

let folder: string;
const running: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-e2e-registry-"));
});

afterAll(async () => {
  for (const child of running) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill()) await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts Debian's docker-registry in a folder of its own and tells its host. */
async function startRegistry(name: string, options: { readonly htpasswd?: boolean } = {}): Promise<string> {
  const root = join(folder, name);
  mkdirSync(root);
  const host = `127.0.0.1:${await freePort()}`;
  const passwords = join(root, "htpasswd");
  writeFileSync(passwords, HTPASSWD);
  const auth = options.htpasswd === true ? { htpasswd: { realm: "test", path: passwords } } : undefined;
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(root, "data") }, delete: { enabled: true } },
    http: { addr: host },
    auth,
  };
  // YAML takes JSON.
  writeFileSync(join(root, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(root, "config.yml")], { stdio: "ignore" });
  running.push(child);
  for (let i = 0; i < 200; i++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer !== undefined) return host;
    await sleep(50);
  }
  throw new Error("docker-registry does not answer");
}

async function withClient<T>(options: RegistryClientOptions, use: (client: RegistryClient) => Promise<T>): Promise<T> {
  const client = createRegistryClient(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** An image with a large and a small layer, named v1. */
async function makeImage(store: ImageTarget): Promise<Image> {
  const files = [{ path: "usr/share/big", content: Buffer.alloc(3_000_000, "big ") }];
  const big = await writeLayer(store, files, { compression: "gzip" });
  const small = await writeLayer(store, [{ path: "hello", content: "hi\n", mode: 0o755 }]);
  const image = await extendImage(store, scratch("linux/amd64"), {
    layers: [big, small],
    config: { Entrypoint: ["/hello"], Env: ["A=b"], Labels: { l: "m" } },
  });
  await store.tag(image.descriptor, "v1");
  return image;
}

function skopeo(...args: readonly string[]): string {
  return execFileSync("skopeo", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe.skipIf(withoutRegistry)("docker-registry (needs docker-registry)", () => {
  let host: string;
  let image: Image;
  const store = createMemoryStore();
  beforeAll(async () => {
    host = await startRegistry("plain");
    image = await makeImage(store);
  });

  test("push, resolve, pull", async () => {
    await withClient({}, async (client) => {
      const repository = client.repository(`${host}/library/app`);
      expect((await copyImage(store, repository, "v1")).digest).toBe(image.descriptor.digest);
      expect((await repository.resolve("v1")).digest).toBe(image.descriptor.digest);
      const layout = await openLayout(join(folder, "pulled"), { create: true });
      await copyImage(repository, layout, "v1");
      const pulled = await readImage(layout, "v1");
      await validateImage(layout, pulled.descriptor);
      expect(pulled.config).toEqual(image.config);
    });
  });

  test("a second push sends nothing", async () => {
    await withClient({}, async (client) => {
      const repository = client.repository(`${host}/library/app`);
      const events: string[] = [];
      await copyImage(store, repository, "v1", { onEvent: (event) => events.push(event.type) });
      expect(events).not.toContain("transfer.progress");
    });
  });

  test("copy to another repository and registry, tags, mount, delete", async () => {
    await withClient({}, async (client) => {
      const source = client.repository(`${host}/library/app`);
      const target = client.repository(`${host}/team/copy`);
      await copyImage(source, target, "v1", { as: "b" });
      await target.tag(image.descriptor, "a");
      const tags: string[] = [];
      for await (const tag of target.tags()) tags.push(tag);
      expect(tags).toEqual(["a", "b"]);
      const mounting = client.repository(`${host}/team/mounted`);
      const [layer] = image.layers;
      expect(await mounting.mount(layer?.descriptor as Descriptor, source.name)).toBe(true);
      await target.delete(image.descriptor);
      await expect(target.resolve("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });

  test("what is not there is named", async () => {
    await withClient({}, async (client) => {
      await expect(client.repository(`${host}/no/such`).resolve("v9")).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining(`${host}/no/such:v9`),
      });
    });
  });

  test("it serves as a mirror of docker.io", async () => {
    await withClient({ mirrors: { "docker.io": [`http://${host}`] } }, async (client) => {
      expect((await client.repository("app").resolve("v1")).digest).toBe(image.descriptor.digest);
    });
  });

  test.skipIf(withoutSkopeo)("skopeo reads what we push (needs skopeo)", async () => {
    await withClient({}, (client) => copyImage(store, client.repository(`${host}/library/app`), "v1"));
    const raw = skopeo("inspect", "--raw", "--tls-verify=false", `docker://${host}/library/app:v1`);
    expect(digestOf(raw)).toBe(image.descriptor.digest);
    const layout = join(folder, "skopeo-pulled");
    skopeo("copy", "--src-tls-verify=false", `docker://${host}/library/app:v1`, `oci:${layout}:v1`);
    const copied = await openLayout(layout);
    await validateImage(copied, await copied.resolve("v1"));
  });

  test.skipIf(withoutSkopeo).each(["oci", "v2s2"])(
    "we read what skopeo pushes as %s (needs skopeo)",
    async (format) => {
      const layout = await openLayout(join(folder, `skopeo-${format}`), { create: true });
      await copyImage(store, layout, "v1");
      const source = `oci:${join(folder, `skopeo-${format}`)}:v1`;
      skopeo("copy", "--format", format, "--dest-tls-verify=false", source, `docker://${host}/skopeo/${format}:v1`);
      await withClient({}, async (client) => {
        const back = createMemoryStore();
        const pulled = await copyImage(client.repository(`${host}/skopeo/${format}`), back, "v1");
        await validateImage(back, pulled);
        const { config } = await readImage(back, "v1");
        expect(config.config?.Entrypoint).toEqual(["/hello"]);
      });
    },
  );
});

describe.skipIf(withoutRegistry)("docker-registry with passwords (needs docker-registry)", () => {
  let host: string;
  beforeAll(async () => {
    host = await startRegistry("basic", { htpasswd: true });
  });

  test("signed in: push and pull", async () => {
    const store = createMemoryStore();
    const image = await makeImage(store);
    await withClient({ credentials: async () => ada }, async (client) => {
      await client.ping(host);
      const repository = client.repository(`${host}/a/b`);
      await copyImage(store, repository, "v1");
      expect((await repository.resolve("v1")).digest).toBe(image.descriptor.digest);
    });
  });

  test("signed out, or with a wrong password: told to sign in", async () => {
    for (const options of [{}, { credentials: async () => ({ username: "ada", password: "no" }) }]) {
      await withClient(options, async (client) => {
        await expect(client.ping(host)).rejects.toMatchObject({
          code: "UNAUTHORIZED",
          hint: expect.stringContaining(`tsbuild login ${host}`),
        });
      });
    }
  });

  test("what was signed in with is kept as docker keeps it, and forgotten", async () => {
    const options = { env: {}, home: join(folder, "home") };
    await storeCredentials(options, host, ada);
    await withClient({ credentials: dockerCredentials(options) }, (client) => client.ping(host));
    const file = readFileSync(join(folder, "home/.docker/config.json"), "utf8");
    expect(Object.keys(JSON.parse(file).auths)).toEqual([host]);
    await eraseCredentials(options, host);
    await withClient({ credentials: dockerCredentials(options) }, async (client) => {
      await expect(client.ping(host)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    });
  });

  test.skipIf(withoutSkopeo)("skopeo reads with what we stored (needs skopeo)", async () => {
    const options = { env: {}, home: join(folder, "home") };
    await storeCredentials(options, host, ada);
    const file = join(folder, "home/.docker/config.json");
    const shown = skopeo("inspect", "--tls-verify=false", "--authfile", file, `docker://${host}/a/b:v1`);
    expect(JSON.parse(shown).Name).toBe(`${host}/a/b`);
  });
});
