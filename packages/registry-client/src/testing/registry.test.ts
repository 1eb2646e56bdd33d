import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, MEDIA_TYPE } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestRegistry, type TestRegistry } from "./registry.ts";

const folder = mkdtempSync(join(tmpdir(), "tsbuild-test-registry-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = "0123456789";
const digest = digestOf(text);

async function json(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>;
}

describe.each([
  ["in memory", {}],
  ["on a folder", { directory: folder }],
])("the registry %s follows the distribution spec", (_, options) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await createTestRegistry(options);
    return () => registry.close();
  });

  const call = (method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}) =>
    fetch(new URL(path, registry.origin), { method, ...init });
  const openSession = async (name: string) => {
    const opened = await call("POST", `/v2/${name}/blobs/uploads/`);
    return opened.headers.get("location") ?? "";
  };
  const put = async (name: string, content: string) => {
    const location = await openSession(name);
    return call("PUT", `${location}&digest=${digestOf(content)}`, { body: content });
  };
  const status = async (answer: Promise<Response>) => (await answer).status;

  test("one PUT", async () => {
    expect((await put("a/b", text)).status).toBe(201);
    expect(await (await call("GET", `/v2/a/b/blobs/${digest}`)).text()).toBe(text);
    expect(await status(call("GET", `/v2/other/blobs/${digest}`))).toBe(404);
  });

  test("one POST", async () => {
    const query = `digest=${digestOf("posted")}`;
    expect(await status(call("POST", `/v2/a/b/blobs/uploads/?${query}`, { body: "posted" }))).toBe(201);
  });

  test("chunks, in order only", async () => {
    const location = await openSession("a/chunks");
    const patch = (range: string, body: string) =>
      call("PATCH", location, { headers: { "content-range": range }, body });
    expect(await status(patch("0-3", "0123"))).toBe(202);
    expect(await status(patch("6-9", "6789"))).toBe(416);
    expect((await call("GET", location)).headers.get("range")).toBe("0-3");
    expect(await status(call("PUT", `${location}&digest=${digest}`, { body: "456789" }))).toBe(201);
    expect(await status(call("GET", location))).toBe(404);
  });

  test("a wrong digest ends the session", async () => {
    const location = await openSession("a/b");
    expect(await status(call("PUT", `${location}&digest=${digest}`, { body: "other" }))).toBe(400);
    expect(await status(call("GET", location))).toBe(404);
    const cancelled = await openSession("a/b");
    expect(await status(call("DELETE", cancelled))).toBe(204);
  });

  const ranges: readonly (readonly [range: string, status: number, body: string])[] = [
    ["bytes=0-3", 206, "0123"],
    ["bytes=4-", 206, "456789"],
    ["bytes=8-100", 206, "89"],
    ["bytes=10-", 416, ""],
    ["lines=1-2", 200, text],
  ];
  test.each(ranges)("%s", async (range, expected, body) => {
    const answer = await call("GET", `/v2/a/b/blobs/${digest}`, { headers: { range } });
    expect([answer.status, await answer.text()]).toEqual([expected, body]);
  });

  test("manifests, tags, referrers, catalog, delete", async () => {
    await put("a/c", "{}");
    const config = { mediaType: MEDIA_TYPE.ociEmpty, digest: digestOf("{}"), size: 2 };
    const headers = { "content-type": MEDIA_TYPE.ociManifest };
    const image = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [] });
    for (const tag of ["v2", "v1", "v3"]) {
      expect(await status(call("PUT", `/v2/a/c/manifests/${tag}`, { headers, body: image }))).toBe(201);
    }
    const subject = { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf(image), size: image.length };
    const signature = JSON.stringify({ schemaVersion: 2, artifactType: "a/sig", config, layers: [], subject });
    const signed = await call("PUT", `/v2/a/c/manifests/${digestOf(signature)}`, { headers, body: signature });
    expect(signed.headers.get("oci-subject")).toBe(subject.digest);
    const referrers = await call("GET", `/v2/a/c/referrers/${subject.digest}?artifactType=a/sig`);
    expect(referrers.headers.get("oci-filters-applied")).toBe("artifactType");
    expect((await json(referrers)).manifests).toMatchObject([{ digest: digestOf(signature), artifactType: "a/sig" }]);
    const none = await call("GET", `/v2/a/c/referrers/${subject.digest}?artifactType=a/other`);
    expect((await json(none)).manifests).toEqual([]);

    const page = await call("GET", "/v2/a/c/tags/list?n=2");
    expect((await json(page)).tags).toEqual(["v1", "v2"]);
    const next = /<(.*)>/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
    expect((await json(await call("GET", next))).tags).toEqual(["v3"]);
    expect((await json(await call("GET", "/v2/_catalog"))).repositories).toEqual(["a/b", "a/c", "a/chunks"]);

    expect(await status(call("DELETE", "/v2/a/c/manifests/v1"))).toBe(202);
    expect(await status(call("DELETE", `/v2/a/c/manifests/${subject.digest}`))).toBe(202);
    expect((await json(await call("GET", "/v2/a/c/tags/list"))).tags).toEqual([]);
  });

  const refused: readonly (readonly [method: string, path: string, status: number])[] = [
    ["GET", "/v2/UPPER/manifests/v1", 400],
    ["GET", "/v2/a/../../etc/blobs/x", 404],
    ["GET", "/v2/a/b/blobs/nonsense", 400],
    ["GET", "/v2/a/b/manifests/-x", 400],
    ["PUT", "/v2/a/b/manifests/v1", 400],
    ["POST", "/v2/a/b/manifests/v1", 404],
    ["GET", "/v2/none/tags/list", 404],
    ["GET", "/v1/", 404],
    ["PATCH", "/v2/a/b/blobs/uploads/nonsense", 404],
  ];
  test.each(refused)("%s %s: %d", async (method, path, expected) => {
    expect(await status(call(method, path, method === "PUT" ? { body: "not JSON" } : {}))).toBe(expected);
  });
});

test("a folder keeps everything", async () => {
  const registry = await createTestRegistry({ directory: folder });
  try {
    expect(await (await fetch(`${registry.origin}/v2/a/b/blobs/${digest}`)).text()).toBe(text);
  } finally {
    await registry.close();
  }
});
