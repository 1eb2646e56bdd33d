import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  copyImage,
  createMemoryStore,
  extendImage,
  type Image,
  scratch,
  validateImage,
  writeLayer,
} from "@tsbuild/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRegistryClient, type RegistryClientOptions } from "../client.ts";
import { createTestRegistry } from "./registry.ts";
import { serveRegistry } from "./serve.ts";

let folder: string;
const open: AsyncDisposable[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-serve-"));
});
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function kept<T extends AsyncDisposable>(resource: T): T {
  open.push(resource);
  return resource;
}

const client = (options: RegistryClientOptions = {}) =>
  kept(createRegistryClient({ retry: { attempts: 2, backoffMs: 1 }, ...options }));

async function makeImage(store = createMemoryStore()): Promise<{ store: typeof store; image: Image }> {
  const layer = await writeLayer(store, [{ path: "hello", content: "hi\n" }]);
  const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer] });
  await store.tag(image.descriptor, "v1");
  return { store, image };
}

test("TLS with its own authority, which stays; passwords; what was pushed is there after a restart", async () => {
  const auth = { type: "basic", users: { ada: "secret" } } as const;
  const serve = () => serveRegistry({ directory: folder, port: 0, tls: { names: ["registry.test"] }, auth });
  const { store, image } = await makeImage();
  const first = await serve();
  const ca = readFileSync(first.authority ?? "", "utf8");
  const trusted = client({
    ca: [ca],
    secure: [first.host],
    credentials: async () => ({ username: "ada", password: "secret" }),
  });
  await copyImage(store, trusted.repository(`${first.host}/a/b`), "v1");
  await expect(client({ secure: [first.host] }).ping(first.host)).rejects.toMatchObject({ code: "TLS_FAILED" });
  await expect(client({ ca: [ca], secure: [first.host] }).ping(first.host)).rejects.toMatchObject({
    code: "UNAUTHORIZED",
  });
  await first.close();
  const second = kept(await serve());
  expect(readFileSync(second.authority ?? "", "utf8")).toBe(ca);
  const again = client({
    hosts: () => ({ ca: [ca] }),
    credentials: async () => ({ username: "ada", password: "secret" }),
  });
  const back = createMemoryStore();
  expect(await copyImage(again.repository(`${second.host}/a/b`), back, "v1")).toEqual(image.descriptor);
  await validateImage(back, image.descriptor);
});

describe("pull-through", () => {
  test("is fetched once, kept, and served when the upstream is gone; a moved tag is seen", async () => {
    const upstream = kept(await createTestRegistry());
    const { store, image } = await makeImage();
    const origin = client().repository(`${upstream.host}/library/app`);
    await copyImage(store, origin, "v1");
    const through = { client: client(), registry: upstream.host };
    const registry = kept(await serveRegistry({ directory: folder, port: 0, upstream: through }));
    const repository = client().repository(`${registry.host}/library/app`);
    const pull = async () => {
      const target = createMemoryStore();
      const copied = await copyImage(repository, target, "v1");
      await validateImage(target, copied);
      return copied.digest;
    };
    const blobs = () => upstream.requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/"));
    expect(await Promise.all([pull(), pull()])).toEqual([image.descriptor.digest, image.descriptor.digest]);
    expect(blobs()).toHaveLength(2);
    const moved = await extendImage(store, image, { config: { User: "app" } });
    await store.tag(moved.descriptor, "v1");
    await copyImage(store, origin, "v1");
    expect(await pull()).toBe(moved.descriptor.digest);
    await upstream.close();
    expect(await pull()).toBe(moved.descriptor.digest);
    await expect(repository.resolve("v2")).rejects.toMatchObject({ code: "REGISTRY_FAILED", status: 502 });
  });

  test("what is nowhere is not found; what is damaged is not kept", async () => {
    const upstream = kept(await createTestRegistry());
    const { store } = await makeImage();
    await copyImage(store, client().repository(`${upstream.host}/app`), "v1");
    const through = { client: client(), registry: upstream.host };
    const registry = kept(await serveRegistry({ directory: folder, port: 0, upstream: through }));
    const repository = client().repository(`${registry.host}/app`);
    await expect(repository.resolve("v9")).rejects.toMatchObject({ code: "NOT_FOUND" });
    upstream.addFault({ path: /\/blobs\//, method: "GET", times: 9, action: { type: "corrupt", at: 3 } });
    await expect(copyImage(repository, createMemoryStore(), "v1")).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
    const healed = kept(await createTestRegistry({ directory: join(folder, "data") }));
    await expect(copyImage(client().repository(`${healed.host}/app`), createMemoryStore(), "v1")).rejects.toMatchObject(
      {
        code: "NOT_FOUND",
      },
    );
  });
});
