import { bytesOf, type Descriptor, digestOf, MEDIA_TYPE, readAll } from "@tsbuild/oci";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistryClient } from "./client.ts";
import { createTestRegistry, type Fault, type TestRegistry, type TestRegistryOptions } from "./testing.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

const config = "{}";
const blob: Descriptor = { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf(config), size: config.length };
const text = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config: blob, layers: [] });
const manifest: Descriptor = { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf(text), size: text.length };

async function startRegistry(options: TestRegistryOptions = {}, repository?: string): Promise<TestRegistry> {
  const registry = await createTestRegistry(options);
  open.push(registry);
  if (repository === undefined) return registry;
  const target = startClient({}).repository(`${registry.host}/${repository}`);
  await target.push(blob, () => bytesOf(config));
  await target.push(manifest, () => bytesOf(text));
  await target.tag(manifest, "v1");
  return registry;
}

function startClient(mirrors: Readonly<Record<string, readonly string[]>>) {
  const client = createRegistryClient({ mirrors, retry: { attempts: 2, backoffMs: 1 } });
  open.push(client);
  return client;
}

test("docker.io is found at its mirror, library/ and all, and told whose names are meant", async () => {
  const mirror = await startRegistry({}, "library/debian");
  const repository = startClient({ "docker.io": [mirror.origin] }).repository("debian");
  expect(repository.name).toBe("docker.io/library/debian");
  expect(await repository.resolve("v1")).toEqual(manifest);
  expect(String(await readAll(await repository.fetch(manifest), { limit: 999 }))).toBe(text);
  expect(String(await readAll(await repository.fetch(blob), { limit: 999 }))).toBe(config);
  expect(mirror.requests.at(-1)?.query.get("ns")).toBe("docker.io");
});

describe("the registry stands behind its mirror", () => {
  const failures: readonly (readonly [name: string, faults: readonly Fault[]])[] = [
    ["that has nothing", []],
    ["that answers 401", [{ times: 9, action: { type: "status", status: 401 } }]],
    ["that answers 503", [{ times: 9, action: { type: "status", status: 503 } }]],
    ["that hangs up", [{ times: 9, action: { type: "close" } }]],
    ["that redirects into nowhere", [{ times: 9, action: { type: "redirect", origin: "http://127.0.0.1:1" } }]],
  ];
  test.each(failures)("%s", async (_, faults) => {
    const mirror = await startRegistry({ faults });
    const registry = await startRegistry({}, "a/b");
    const repository = startClient({ [registry.host]: [mirror.origin] }).repository(`${registry.host}/a/b`);
    expect(await repository.resolve("v1")).toEqual(manifest);
    expect(String(await readAll(await repository.fetch(blob), { limit: 999 }))).toBe(config);
    expect(mirror.requests.length).toBeGreaterThan(0);
  });

  test("an unreachable mirror is left alone for a while, also one that gave wrong content", async () => {
    const registry = await startRegistry({}, "a/b");
    const mirror = await startRegistry({}, "a/b");
    mirror.addFault({ path: /blobs/, action: { type: "corrupt", at: 0 } });
    const mirrors = { [registry.host]: ["http://127.0.0.1:1", mirror.origin] };
    const repository = startClient(mirrors).repository(`${registry.host}/a/b`);
    const read = async () => String(await readAll(await repository.fetch(blob), { limit: 999 }));
    await expect(read()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    const before = mirror.requests.length;
    expect(await read()).toBe(config);
    expect(mirror.requests).toHaveLength(before);
  });

  test("nothing is written to a mirror", async () => {
    const mirror = await startRegistry();
    const registry = await startRegistry();
    const repository = startClient({ [registry.host]: [mirror.origin] }).repository(`${registry.host}/a/b`);
    await repository.push(blob, () => bytesOf(config));
    expect(mirror.requests).toHaveLength(0);
  });

  test("an error tells what the mirror said", async () => {
    const mirror = await startRegistry();
    const repository = startClient({ "127.0.0.1:1": [mirror.origin] }).repository("127.0.0.1:1/a/b");
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("127.0.0.1:1"),
      hint: expect.stringContaining(`the mirror ${mirror.host} failed first: 404 NOT_FOUND`),
    });
  });
});

test.each(["", "localhost:5000", "ftp://a", "https://user:password@a"])("%j is no mirror", (url) => {
  let error: unknown;
  try {
    createRegistryClient({ mirrors: { "docker.io": [url] } });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "MIRROR_INVALID" });
});
