import { createHash } from "node:crypto";
import { MEDIA_TYPE } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestRegistry, type TestRegistry } from "./registry.ts";

// What the distribution spec's own suite asks of a registry: pull, push, content discovery, content management.

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
afterAll(() => registry.close());

type Algorithm = "sha256" | "sha512";
const digestBy = (algorithm: Algorithm, content: string): string =>
  `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;

const call = (method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}) =>
  fetch(new URL(path, registry.origin), { method, ...init });
const statusOf = async (...parameters: Parameters<typeof call>) => (await call(...parameters)).status;

async function session(name: string): Promise<string> {
  const answer = await call("POST", `/v2/${name}/blobs/uploads/`);
  expect(answer.status).toBe(202);
  return answer.headers.get("location") ?? "";
}

const withDigest = (location: string, digest: string): string => `${location}&digest=${digest}`;

async function chunk(location: string, content: string, start: number): Promise<Response> {
  const headers = { "content-range": `${start}-${start + content.length - 1}` };
  return call("PATCH", location, { headers, body: content });
}

/** Puts a blob in place, in one of the ways that the spec knows; returns the status of the last answer. */
type Upload = (name: string, content: string, digest: string) => Promise<number>;

const put: Upload = async (name, content, digest) =>
  statusOf("PUT", withDigest(await session(name), digest), { body: content });

const UPLOADS: Readonly<Record<string, Upload>> = {
  "POST alone": (name, content, digest) =>
    statusOf("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content }),
  "POST, PUT": put,
  "one chunk": async (name, content, digest) => {
    const patched = await chunk(await session(name), content, 0);
    return statusOf("PUT", withDigest(patched.headers.get("location") ?? "", digest));
  },
  "a stream": async (name, content, digest) => {
    const patched = await call("PATCH", await session(name), { body: content });
    expect(patched.status).toBe(202);
    return statusOf("PUT", withDigest(patched.headers.get("location") ?? "", digest));
  },
  "three chunks": async (name, content, digest) => {
    let location = await session(name);
    const third = Math.ceil(content.length / 3);
    for (let start = 0; start < content.length; start += third) {
      const answer = await chunk(location, content.slice(start, start + third), start);
      expect([answer.status, answer.headers.get("range")]).toEqual([
        202,
        `0-${Math.min(content.length, start + third) - 1}`,
      ]);
      location = answer.headers.get("location") ?? "";
    }
    return statusOf("PUT", withDigest(location, digest));
  },
  "the last chunk with PUT": async (name, content, digest) => {
    const half = Math.ceil(content.length / 2);
    const location = (await chunk(await session(name), content.slice(0, half), 0)).headers.get("location") ?? "";
    return statusOf("PUT", withDigest(location, digest), { body: content.slice(half) });
  },
  "out of order, then continued": async (name, content, digest) => {
    const location = await session(name);
    expect((await chunk(location, content.slice(4), 4)).status).toBe(416);
    expect((await chunk(location, content.slice(0, 4), 0)).status).toBe(202);
    expect((await chunk(location, content.slice(6), 6)).status).toBe(416);
    const where = await call("GET", location);
    expect([where.status, where.headers.get("range")]).toEqual([204, "0-3"]);
    expect((await chunk(location, content.slice(4), 4)).status).toBe(202);
    return statusOf("PUT", withDigest(location, digest));
  },
  "a mount": async (name, content, digest) => {
    expect(await put("mount/source", content, digest)).toBe(201);
    return statusOf("POST", `/v2/${name}/blobs/uploads/?mount=${digest}&from=mount/source`);
  },
};

describe.each<Algorithm>(["sha256", "sha512"])("push and pull of blobs by %s", (algorithm) => {
  test.each(Object.keys(UPLOADS))("%s", async (way) => {
    const content = `${algorithm} ${way}`;
    const digest = digestBy(algorithm, content);
    const path = `/v2/blobs/all/blobs/${digest}`;
    expect(await statusOf("GET", path)).toBe(404);
    expect(await UPLOADS[way]?.("blobs/all", content, digest)).toBe(201);
    const head = await call("HEAD", path);
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(content.length)]);
    expect(await (await call("GET", path)).text()).toBe(content);
    expect(await statusOf("DELETE", path)).toBe(202);
    expect(await statusOf("GET", path)).toBe(404);
  });

  test.each(["", "{}"])("the content %j", async (content) => {
    const digest = digestBy(algorithm, content);
    expect(await put("blobs/small", content, digest)).toBe(201);
    expect(await (await call("GET", `/v2/blobs/small/blobs/${digest}`)).text()).toBe(content);
  });

  test("a wrong digest, in each way, leaves nothing", async () => {
    const wrong = digestBy(algorithm, "another");
    for (const way of ["POST alone", "POST, PUT", "one chunk", "a stream", "three chunks"])
      expect([way, await UPLOADS[way]?.("blobs/bad", "content of the wrong digest", wrong)]).toEqual([way, 400]);
    expect(await statusOf("GET", `/v2/blobs/bad/blobs/${wrong}`)).toBe(404);
  });

  test("a mount of what is not there, or from nowhere, opens a session; a cancelled one is gone", async () => {
    for (const from of ["&from=mount/nothing", ""]) {
      const digest = digestBy(algorithm, "not there");
      const opened = await call("POST", `/v2/blobs/all/blobs/uploads/?mount=${digest}${from}`);
      expect(opened.status).toBe(202);
      const location = opened.headers.get("location") ?? "";
      expect(await statusOf("DELETE", location)).toBe(204);
      expect(await statusOf("GET", location)).toBe(404);
    }
  });
});

describe("manifests", () => {
  const config = { mediaType: MEDIA_TYPE.ociEmpty, digest: digestBy("sha256", "{}"), size: 2 };
  const layer = { mediaType: MEDIA_TYPE.ociLayer, digest: digestBy("sha256", "layer"), size: 5 };
  const elsewhere = {
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar",
    digest: digestBy("sha256", "elsewhere"),
    size: 9,
    urls: ["https://example.com/layer"],
  };
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [layer] };
  const describeText = (text: string) => ({
    mediaType: MEDIA_TYPE.ociManifest,
    digest: digestBy("sha256", text),
    size: text.length,
  });
  const image = JSON.stringify(manifest);
  const indexOf = (...manifests: readonly object[]) => ({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests,
  });
  const index = JSON.stringify(indexOf(describeText(image)));
  const missing = { ...describeText("missing"), size: 7 };
  beforeAll(async () => {
    for (const content of ["{}", "layer"]) await put("data/sets", content, digestBy("sha256", content));
    for (const [text, type] of [
      [image, MEDIA_TYPE.ociManifest],
      [index, MEDIA_TYPE.ociIndex],
    ] as const)
      await call("PUT", `/v2/data/sets/manifests/${digestBy("sha256", text)}`, {
        headers: { "content-type": type },
        body: text,
      });
  });

  const sets: Readonly<Record<string, object>> = {
    "an image": manifest,
    "an image without layers": { ...manifest, layers: [] },
    "an image with annotations": { ...manifest, annotations: { "org.example": "x" } },
    "members that nobody knows": { ...manifest, "org.example.unknown": { a: [1] } },
    "`data` in a descriptor": { ...manifest, config: { ...config, data: "e30=" } },
    "a layer that lies elsewhere": { ...manifest, layers: [layer, elsewhere] },
    "an artifact": { ...manifest, artifactType: "application/vnd.example.a" },
    "an artifact with a subject": {
      ...manifest,
      artifactType: "application/vnd.example.b",
      subject: describeText(image),
    },
    "a subject that is not there": { ...manifest, artifactType: "application/vnd.example.c", subject: missing },
    "an index": indexOf(describeText(image)),
    "an index in an index": indexOf({ ...describeText(index), mediaType: MEDIA_TYPE.ociIndex }),
    "an index without manifests": indexOf(),
    "an artifact that is an index": { ...indexOf(describeText(image)), artifactType: "application/vnd.example.d" },
    "an index with a subject": {
      ...indexOf(),
      artifactType: "application/vnd.example.e",
      subject: describeText(image),
    },
    "a large one": { ...manifest, annotations: { large: "x".repeat(3 << 20) } },
  };

  test.each(Object.keys(sets))("%s: push, list, pull, referrers, delete", async (name) => {
    const document = sets[name] as { mediaType: string; artifactType?: string; subject?: { digest: string } };
    const text = JSON.stringify({ ...document, annotations: { name } });
    const body = name === "a large one" ? JSON.stringify(document) : text;
    const digest = digestBy("sha256", body);
    const headers = { "content-type": document.mediaType };
    const pushed = await call("PUT", "/v2/data/sets/manifests/tag", { headers, body });
    expect([pushed.status, pushed.headers.get("docker-content-digest")]).toEqual([201, digest]);
    expect(pushed.headers.get("oci-subject")).toBe(document.subject?.digest ?? null);
    for (const reference of ["tag", digest]) {
      const head = await call("HEAD", `/v2/data/sets/manifests/${reference}`);
      expect([head.status, head.headers.get("content-type")]).toEqual([200, document.mediaType]);
      expect(await (await call("GET", `/v2/data/sets/manifests/${reference}`)).text()).toBe(body);
    }
    const tags = (await (await call("GET", "/v2/data/sets/tags/list")).json()) as { tags: string[] };
    expect(tags.tags).toEqual(["tag"]);
    if (document.subject !== undefined) {
      const filter = `?artifactType=${document.artifactType}`;
      const answer = await call("GET", `/v2/data/sets/referrers/${document.subject.digest}${filter}`);
      const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
      expect(manifests.map((entry) => entry.digest)).toEqual([digest]);
    }
    expect(await statusOf("DELETE", "/v2/data/sets/manifests/tag")).toBe(202);
    expect(await statusOf("GET", "/v2/data/sets/manifests/tag")).toBe(404);
    expect(await statusOf("GET", `/v2/data/sets/manifests/${digest}`)).toBe(200);
    expect(await statusOf("DELETE", `/v2/data/sets/manifests/${digest}`)).toBe(202);
    expect(await statusOf("GET", `/v2/data/sets/manifests/${digest}`)).toBe(404);
  });

  test("by sha512", async () => {
    const digest = digestBy("sha512", image);
    const headers = { "content-type": MEDIA_TYPE.ociManifest };
    expect(await statusOf("PUT", `/v2/data/sets/manifests/${digest}`, { headers, body: image })).toBe(201);
    expect(await (await call("GET", `/v2/data/sets/manifests/${digest}`)).text()).toBe(image);
  });

  test.each([
    ["another digest than its own", `/v2/data/sets/manifests/${digestBy("sha256", "other")}`, image, 400],
    ["layers that are not there", "/v2/data/nothing/manifests/v1", image, 400],
    ["no JSON", "/v2/data/sets/manifests/v1", "{", 400],
    ["more than 4 MiB", "/v2/data/sets/manifests/v1", `{"a":"${"x".repeat(5 << 20)}"}`, 413],
  ])("refused: %s", async (_, path, body, status) => {
    expect(await statusOf("PUT", path, { headers: { "content-type": MEDIA_TYPE.ociManifest }, body })).toBe(status);
  });

  test("tags in pages: n, last, none; referrers of what is not there", async () => {
    const headers = { "content-type": MEDIA_TYPE.ociManifest };
    for (const tag of ["a", "b", "c", "d"])
      await call("PUT", `/v2/data/sets/manifests/${tag}`, { headers, body: image });
    const list = async (query: string) =>
      ((await (await call("GET", `/v2/data/sets/tags/list${query}`)).json()) as { tags: string[] }).tags;
    expect(await list("?n=2")).toEqual(["a", "b"]);
    expect(await list("?n=2&last=b")).toEqual(["c", "d"]);
    expect(await list("?last=c")).toEqual(["d"]);
    expect(await list("?n=0")).toEqual([]);
    const none = await call("GET", `/v2/data/sets/referrers/${digestBy("sha256", "nothing")}`);
    expect([none.status, none.headers.get("content-type")]).toEqual([200, MEDIA_TYPE.ociIndex]);
    expect(((await none.json()) as { manifests: unknown[] }).manifests).toEqual([]);
  });
});
