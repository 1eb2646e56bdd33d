import { randomBytes } from "node:crypto";
import {
  bytesOf,
  copyImage,
  createMemoryStore,
  type Descriptor,
  digestOf,
  extendImage,
  MEDIA_TYPE,
  readAll,
  scratch,
  writeLayer,
} from "@tsbuild/oci";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from "./client.ts";
import {
  createTestRegistry,
  type Fault,
  type FaultAction,
  type TestRegistry,
  type TestRegistryOptions,
} from "./testing.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = await createTestRegistry(options);
  open.push(registry);
  return registry;
}

function startClient(options: RegistryClientOptions = {}): RegistryClient {
  const client = createRegistryClient({ retry: { attempts: 4, backoffMs: 1 }, ...options });
  open.push(client);
  return client;
}

const content = randomBytes(300_000);
const blob: Descriptor = { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf(content), size: content.byteLength };
const manifestText = JSON.stringify({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociManifest,
  config: blob,
  layers: [],
});
const manifest: Descriptor = {
  mediaType: MEDIA_TYPE.ociManifest,
  digest: digestOf(manifestText),
  size: manifestText.length,
};

/** A registry that has `blob` and, as `a/b:v1`, `manifest`; then the faults begin. */
async function seeded(faults: readonly Fault[] = [], options: RegistryClientOptions = {}) {
  const registry = await startRegistry();
  const seeder = startClient().repository(`${registry.host}/a/b`);
  await seeder.push(blob, () => bytesOf(content));
  await seeder.push(manifest, () => bytesOf(manifestText));
  await seeder.tag(manifest, "v1");
  registry.addFault(...faults);
  return { registry, repository: startClient(options).repository(`${registry.host}/a/b`) };
}

function asked(registry: TestRegistry, method: string, path: RegExp) {
  return registry.requests.filter((request) => request.method === method && path.test(request.path));
}

describe("pull", () => {
  const survived: readonly (readonly [name: string, faults: readonly Fault[]])[] = [
    ["nothing wrong", []],
    ["a broken connection", [{ path: /blobs/, action: { type: "cut", after: 1000 } }]],
    ["three broken connections", [{ path: /blobs/, times: 3, action: { type: "cut", after: 70_000 } }]],
    ["a body that ends early", [{ path: /blobs/, action: { type: "truncate", after: 1000 } }]],
    [
      "a server without ranges",
      [
        { path: /blobs/, action: { type: "cut", after: 1000 } },
        { path: /blobs/, times: 9, action: { type: "ignore-range" } },
      ],
    ],
    ["a burst of 503", [{ times: 3, action: { type: "status", status: 503 } }]],
    ["429", [{ times: 2, action: { type: "status", status: 429, headers: { "retry-after": "0.01" } } }]],
    [
      "429 with a date",
      [{ action: { type: "status", status: 429, headers: { "retry-after": new Date().toUTCString() } } }],
    ],
    ["a connection closed at once", [{ times: 2, action: { type: "close" } }]],
  ];
  test.each(survived)("survives %s", async (_, faults) => {
    const { repository } = await seeded(faults);
    expect(await repository.resolve("v1")).toEqual(manifest);
    expect(digestOf(await readAll(await repository.fetch(blob), { limit: blob.size }))).toBe(blob.digest);
    expect(String(await readAll(await repository.fetch(manifest), { limit: manifest.size }))).toBe(manifestText);
  });

  test("takes a broken transfer up where it broke", async () => {
    const { registry, repository } = await seeded([{ path: /blobs/, action: { type: "cut", after: 100_000 } }]);
    await readAll(await repository.fetch(blob), { limit: blob.size });
    const ranges = asked(registry, "GET", /blobs/).map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
  });

  const failing: readonly (readonly [name: string, action: FaultAction, code: string])[] = [
    ["changed content", { type: "corrupt", at: 17 }, "DIGEST_MISMATCH"],
    ["content that goes on", { type: "extra", bytes: 100 }, "SIZE_MISMATCH"],
    ["an encoding", { type: "header", name: "content-encoding", value: "gzip" }, "RESPONSE_INVALID"],
    ["endless 500", { type: "status", status: 500 }, "REGISTRY_FAILED"],
    ["endless cuts", { type: "cut", after: 0 }, "REGISTRY_UNREACHABLE"],
    ["429 for an hour", { type: "status", status: 429, headers: { "retry-after": "3600" } }, "TOO_MANY_REQUESTS"],
    ["403", { type: "status", status: 403 }, "DENIED"],
    ["404", { type: "status", status: 404 }, "NOT_FOUND"],
    ["418", { type: "status", status: 418 }, "REQUEST_REJECTED"],
  ];
  test.each(failing)("ends with an error at %s", async (_, action, code) => {
    const { repository } = await seeded([{ path: /blobs/, times: 99, action }]);
    const read = async () => readAll(await repository.fetch(blob), { limit: 2 * blob.size });
    await expect(read()).rejects.toMatchObject({ code, message: expect.stringContaining(blob.digest) });
  });

  test.each(failing.filter(([, action]) => action.type !== "extra" && action.type !== "header"))(
    "ends with an error at %s in a manifest",
    async (_, action, code) => {
      const { repository } = await seeded([{ path: /manifests/, times: 99, action }]);
      const read = async () => readAll(await repository.fetch(manifest), { limit: 2 * blob.size });
      await expect(read()).rejects.toMatchObject({ code });
    },
  );

  test("a wrong digest names what was expected and what came", async () => {
    const { repository } = await seeded([{ path: /manifests/, action: { type: "corrupt", at: 3 } }]);
    const wrong = Buffer.from(manifestText);
    wrong[3] = (wrong[3] ?? 0) ^ 0xff;
    const error: unknown = await repository.fetch(manifest).catch((e: unknown) => e);
    expect(error).toMatchObject({ message: expect.stringContaining(manifest.digest) });
    expect(error).toMatchObject({ message: expect.stringContaining(digestOf(wrong)) });
  });

  test("a manifest of over 4 MiB is not read to its end", async () => {
    const { repository } = await seeded([{ path: /manifests/, times: 9, action: { type: "extra", bytes: 5 << 20 } }]);
    await expect(repository.fetch(manifest)).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });

  test.each(["docker-content-digest", "content-type"])("HEAD without %s: GET says it", async (name) => {
    const { repository } = await seeded([
      { method: "HEAD", path: /manifests/, action: { type: "header", name, value: undefined } },
    ]);
    expect(await repository.resolve("v1")).toEqual(manifest);
  });

  test.each([405, 400])("HEAD answered with %d: GET says it", async (status) => {
    const { repository } = await seeded([{ method: "HEAD", action: { type: "status", status } }]);
    expect(await repository.resolve("v1")).toEqual(manifest);
  });

  test("an unknown tag names the reference", async () => {
    const { registry, repository } = await seeded();
    await expect(repository.resolve("nope")).rejects.toMatchObject({
      code: "NOT_FOUND",
      status: 404,
      message: expect.stringContaining(`${registry.host}/a/b:nope`),
    });
  });

  test.each(["", "a b", "../x", "sha256:12", "-x"])("%j is neither tag nor digest", async (name) => {
    const repository = startClient().repository("127.0.0.1:1/a/b");
    await expect((async () => repository.resolve(name))()).rejects.toMatchObject({ code: "REFERENCE_INVALID" });
  });

  test("an abort rejects with its reason, before and within the body", async () => {
    const { repository } = await seeded([{ method: "HEAD", action: { type: "delay", ms: 5_000 } }]);
    const controller = new AbortController();
    const { signal } = controller;
    const bytes = await repository.fetch(blob, { signal });
    const resolving = repository.resolve("v1", { signal });
    const reading = (async () => {
      for await (const _ of bytes) controller.abort("enough");
    })();
    await expect(reading).rejects.toBe("enough");
    await expect(resolving).rejects.toBe("enough");
    await expect(repository.fetch(blob, { signal })).rejects.toBe("enough");
  });

  test("no more streams at a time than allowed", async () => {
    const { registry, repository } = await seeded([], { concurrency: 2 });
    const before = asked(registry, "GET", /blobs/).length;
    const streams = Array.from({ length: 4 }, () => repository.fetch(blob));
    const [first, second] = await Promise.all(streams.slice(0, 2));
    expect(asked(registry, "GET", /blobs/).length - before).toBe(2);
    for (const bytes of [first, second, streams[2], streams[3]]) {
      if (bytes !== undefined) await readAll(await bytes, { limit: blob.size });
    }
    expect(asked(registry, "GET", /blobs/).length - before).toBe(4);
  });

  test("streams that are left early free their place", async () => {
    const { repository } = await seeded([], { concurrency: 1 });
    for (let i = 0; i < 3; i++) {
      for await (const chunk of await repository.fetch(blob)) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    }
  });
});

describe("redirects", () => {
  test("another origin gets no credentials, the range stays", async () => {
    const auth = { type: "basic", users: { ada: "s" } } as const;
    const cdn = await startRegistry();
    await startClient()
      .repository(`${cdn.host}/a/b`)
      .push(blob, () => bytesOf(content));
    cdn.addFault({ path: /blobs/, method: "GET", action: { type: "cut", after: 5000 } });
    const front = await startRegistry({ auth });
    front.addFault({ path: /blobs/, method: "GET", times: 9, action: { type: "redirect", origin: cdn.origin } });
    const client = startClient({ credentials: async () => ({ username: "ada", password: "s" }) });
    await client.ping(front.host);
    const bytes = await client.repository(`${front.host}/a/b`).fetch(blob);
    expect(digestOf(await readAll(bytes, { limit: blob.size }))).toBe(blob.digest);
    expect(front.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
    const gets = asked(cdn, "GET", /blobs/);
    expect(gets.map(({ headers }) => [headers.authorization, headers.range])).toEqual([
      [undefined, undefined],
      [undefined, "bytes=5000-"],
    ]);
  });

  test("a loop ends", async () => {
    const registry = await startRegistry();
    registry.addFault({ times: 99, action: { type: "redirect", origin: registry.origin } });
    const repository = startClient().repository(`${registry.host}/a/b`);
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    expect(registry.requests).toHaveLength(11);
  });

  test.each(["http://169.254.169.254", "ftp://127.0.0.1", "http://user:password@127.0.0.1"])(
    "to %s is not followed",
    async (origin) => {
      const { repository } = await seeded([{ action: { type: "redirect", origin } }]);
      const error: unknown = await repository.resolve("v1").catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "REDIRECT_REFUSED" });
      expect(String(error)).not.toContain("password@");
    },
  );

  test("a body is sent again after 307", async () => {
    const { registry, repository } = await seeded();
    registry.addFault({ method: "PUT", action: { type: "redirect", origin: registry.origin } });
    const more = randomBytes(1000);
    const target = { ...blob, digest: digestOf(more), size: 1000 };
    await repository.push(target, () => bytesOf(more));
    expect(await repository.exists(target)).toBe(true);
  });
});

describe("push", () => {
  const survived: readonly (readonly [name: string, faults: readonly Fault[]])[] = [
    ["nothing wrong", []],
    ["a burst of 503", [{ times: 3, action: { type: "status", status: 503 } }]],
    ["a cut upload", [{ method: "PUT", action: { type: "cut-request", after: 1000 } }]],
    ["a lost answer", [{ method: "PUT", action: { type: "cut", after: 0 } }]],
    ["a lost session", [{ method: "PUT", times: 2, action: { type: "status", status: 404 } }]],
    [
      "an upload without Location",
      [{ method: "POST", action: { type: "header", name: "location", value: undefined } }],
    ],
    [
      "a registry that wants PATCH",
      [
        {
          method: "PUT",
          path: /uploads/,
          action: { type: "status", status: 400, body: '{"errors":[{"code":"UNSUPPORTED"}]}' },
        },
      ],
    ],
    ["429", [{ times: 2, action: { type: "status", status: 429, headers: { "retry-after": "0" } } }]],
    ["HEAD refused", [{ method: "HEAD", times: 9, action: { type: "status", status: 405 } }]],
  ];
  test.each(survived)("survives %s", async (_, faults) => {
    const registry = await startRegistry({ faults });
    const repository = startClient().repository(`${registry.host}/a/b`);
    await repository.push(blob, () => bytesOf(content));
    await repository.push(manifest, () => bytesOf(manifestText));
    await repository.tag(manifest, "v1");
    const reader = startClient().repository(`${registry.host}/a/b`);
    expect(await reader.resolve("v1")).toEqual(manifest);
    expect(digestOf(await readAll(await reader.fetch(blob), { limit: blob.size }))).toBe(blob.digest);
  });

  test("sends nothing that is there", async () => {
    const { registry, repository } = await seeded();
    const before = registry.requests.length;
    await repository.push(blob, () => bytesOf(content));
    await repository.push(manifest, () => bytesOf(manifestText));
    expect(registry.requests.slice(before).map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  test("few connections carry many requests", async () => {
    const { registry, repository } = await seeded();
    for (let i = 0; i < 10; i++) await repository.exists(blob);
    await repository.resolve("v1");
    const connections = new Set(registry.requests.map(({ connection }) => connection));
    expect(connections.size).toBeLessThanOrEqual(4);
  });

  const wrong: readonly (readonly [name: string, bytes: Uint8Array, code: string])[] = [
    ["other content", randomBytes(blob.size), "DIGEST_MISMATCH"],
    ["too little", content.subarray(0, 1000), "SIZE_MISMATCH"],
    ["too much", Buffer.concat([content, content]), "SIZE_MISMATCH"],
  ];
  test.each(wrong)("%s under a digest is an error", async (_, bytes, code) => {
    const registry = await startRegistry();
    const repository = startClient().repository(`${registry.host}/a/b`);
    await expect(repository.push(blob, () => bytesOf(bytes))).rejects.toMatchObject({ code });
    expect(await repository.exists(blob)).toBe(false);
  });

  test("an error of the source comes out as it is", async () => {
    const registry = await startRegistry();
    const failure = new Error("the disk is gone");
    const repository = startClient().repository(`${registry.host}/a/b`);
    const failing = async function* () {
      yield content.subarray(0, 1000);
      throw failure;
    };
    await expect(repository.push(blob, failing)).rejects.toBe(failure);
  });

  test("an abort within an upload rejects with its reason", async () => {
    const registry = await startRegistry();
    const controller = new AbortController();
    const repository = startClient().repository(`${registry.host}/a/b`);
    const aborting = async function* () {
      yield content.subarray(0, 1000);
      controller.abort("enough");
      yield content.subarray(1000);
    };
    await expect(repository.push(blob, aborting, { signal: controller.signal })).rejects.toBe("enough");
    expect(await repository.exists(blob)).toBe(false);
  });

  test("a registry that changes a manifest is found out", async () => {
    const { repository } = await seeded([
      { method: "PUT", action: { type: "header", name: "docker-content-digest", value: blob.digest } },
    ]);
    await expect(repository.tag(manifest, "v2")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  test("a manifest whose blob is missing is rejected at once", async () => {
    const registry = await startRegistry();
    const repository = startClient().repository(`${registry.host}/a/b`);
    await expect(repository.push(manifest, () => bytesOf(manifestText))).rejects.toMatchObject({
      code: "CONTENT_MISSING",
      details: [{ code: "MANIFEST_BLOB_UNKNOWN", message: expect.stringContaining(blob.digest) }],
    });
    expect(asked(registry, "PUT", /manifests/)).toHaveLength(1);
  });

  test("mount moves no bytes; where nothing is to mount the session is given back", async () => {
    const { registry } = await seeded();
    const other = startClient().repository(`${registry.host}/other`);
    expect(await other.mount(blob, `${registry.host}/a/b`)).toBe(true);
    expect(await other.exists(blob)).toBe(true);
    expect(await other.mount(manifest, `${registry.host}/a/b`)).toBe(false);
    expect(await other.mount(blob, "elsewhere.example/a/b")).toBe(false);
    await expect.poll(() => asked(registry, "DELETE", /uploads/).length).toBe(1);
  });

  test("a registry that fails at mounting is not asked again for that pair", async () => {
    const { registry } = await seeded();
    registry.addFault({ method: "POST", times: 9, action: { type: "status", status: 401 } });
    const before = asked(registry, "POST", /uploads/).length;
    const other = startClient().repository(`${registry.host}/other`);
    for (let i = 0; i < 2; i++) expect(await other.mount(blob, `${registry.host}/a/b`)).toBe(false);
    expect(asked(registry, "POST", /uploads/).length - before).toBe(1);
  });

  test("delete takes tags along", async () => {
    const { repository } = await seeded();
    await repository.delete(manifest);
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await repository.delete(blob);
    expect(await repository.exists(blob)).toBe(false);
  });
});

describe("tags", () => {
  test("come from all pages", async () => {
    const { registry, repository } = await seeded();
    const names = Array.from({ length: 1005 }, (_, i) => `t${String(i).padStart(4, "0")}`);
    for (const name of names) await repository.tag(manifest, name);
    const found: string[] = [];
    for await (const tag of repository.tags()) found.push(tag);
    expect(found).toEqual([...names, "v1"]);
    expect(asked(registry, "GET", /tags/)).toHaveLength(2);
  });

  test.each([
    ["null", '{"name":"a/b","tags":null}', []],
    ["digests among them", '{"tags":["b","sha256:00","a",7]}', ["a", "b"]],
  ])("%s", async (_, body, expected) => {
    const { repository } = await seeded([{ path: /tags/, action: { type: "status", status: 200, body } }]);
    const found: string[] = [];
    for await (const tag of repository.tags()) found.push(tag);
    expect(found).toEqual(expected);
  });

  test.each([
    ["a link to itself ends", '</v2/a/b/tags/list>; rel="next"', undefined],
    ["a link to another host is refused", '<http://127.0.0.2:1/x>; rel="next"', "RESPONSE_INVALID"],
  ])("%s", async (_, value, code) => {
    const { repository } = await seeded([{ path: /tags/, times: 9, action: { type: "header", name: "link", value } }]);
    const list = async () => {
      const found: string[] = [];
      for await (const tag of repository.tags()) found.push(tag);
      return found;
    };
    if (code === undefined) expect(await list()).toEqual(["v1"]);
    else await expect(list()).rejects.toMatchObject({ code });
  });
});

describe("images", () => {
  test("go there and back", async () => {
    const registry = await startRegistry();
    const store = createMemoryStore();
    const layer = await writeLayer(store, [{ path: "hello", content: "hi\n" }]);
    const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer], config: { Cmd: ["/hello"] } });
    await store.tag(image.descriptor, "v1");
    const client = startClient();
    const pushed = await copyImage(store, client.repository(`${registry.host}/x/hello`), "v1");
    const back = createMemoryStore();
    const pulled = await copyImage(client.repository(`${registry.host}/x/hello`), back, "v1");
    expect(pulled.digest).toBe(pushed.digest);
    expect(await back.exists(layer.descriptor)).toBe(true);
  });
});
