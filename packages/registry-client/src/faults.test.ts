import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bytesOf,
  copyImage,
  createMemoryStore,
  type Descriptor,
  digestOf,
  extendImage,
  MEDIA_TYPE,
  openLayout,
  readAll,
  scratch,
  TsbuildError,
  validateImage,
  writeLayer,
} from "@tsbuild/oci";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistryClient, type RegistryClientOptions } from "./client.ts";
import type { ClientEvent } from "./event.ts";
import { createTestRegistry, type Fault, type FaultAction, type TestRegistry } from "./testing.ts";

// The rows are those of docs/registry-faults.md, which names the tests for the others.

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function kept<T extends AsyncDisposable>(resource: T): T {
  open.push(resource);
  return resource;
}

function client(options: RegistryClientOptions = {}) {
  return kept(createRegistryClient({ retry: { attempts: 4, backoffMs: 1 }, ...options }));
}

const content = randomBytes(200_000);
const blob: Descriptor = { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf(content), size: content.byteLength };
const manifestText = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config: blob, layers: [] });
const manifest: Descriptor = {
  mediaType: MEDIA_TYPE.ociManifest,
  digest: digestOf(manifestText),
  size: manifestText.length,
};

async function seeded(...faults: readonly Fault[]): Promise<TestRegistry> {
  const registry = kept(await createTestRegistry());
  const repository = client().repository(`${registry.host}/a`);
  await repository.push(blob, () => bytesOf(content));
  await repository.push(manifest, () => bytesOf(manifestText));
  await repository.tag(manifest, "v1");
  registry.addFault(...faults);
  return registry;
}

const onGet = (action: FaultAction, more: Partial<Fault> = {}): Fault => ({
  method: "GET",
  path: /blobs/,
  ...more,
  action,
});
const status = (code: number, headers: Readonly<Record<string, string>> = {}, body = ""): FaultAction => ({
  type: "status",
  status: code,
  headers,
  body,
});
const header = (name: string, value: string | undefined): FaultAction => ({ type: "header", name, value });
const cut = onGet({ type: "cut", after: 50_000 });

type Row = readonly [row: string, name: string, faults: readonly Fault[], code?: string];

function named([row, name, faults, code]: Row) {
  return { row, name, faults, code };
}

describe("reading a blob", () => {
  const rows: readonly Row[] = [
    ["3", "reset in the middle", [cut]],
    ["4", "200 to a range", [cut, onGet({ type: "ignore-range" }, { skip: 1 })]],
    ["5", "206 from another place", [cut, onGet(header("content-range", "bytes 7-199999/200000"), { skip: 1 })]],
    ["5", "206 of another whole", [cut, onGet(header("content-range", "bytes 50000-199999/9"), { skip: 1 })]],
    ["5", "206 without a range", [cut, onGet(header("content-range", undefined), { skip: 1 })]],
    ["5", "always other ranges", [cut, onGet(header("content-range", "bytes 7-9/10"), { skip: 1, times: 9 })]],
    ["6", "416 to what is there", [cut, onGet(status(416), { skip: 1, times: 9 })], "SIZE_MISMATCH"],
    ["7", "cut with its length known", [onGet({ type: "cut", after: 199_999 })]],
    ["8", "ended without a length", [onGet({ type: "truncate", after: 199_999 })]],
    ["9", "goes on for ever", [onGet({ type: "extra", bytes: 5_000_000 }, { times: 9 })], "SIZE_MISMATCH"],
    ["10", "another byte", [onGet({ type: "corrupt", at: 100_000 }, { times: 9 })], "DIGEST_MISMATCH"],
    ["12", "packed on the way", [onGet(header("content-encoding", "gzip"), { times: 9 })], "RESPONSE_INVALID"],
    ["13", "a burst of 500", [onGet(status(500), { times: 3 })]],
    ["13", "500 for ever", [onGet(status(500), { times: 99 })], "REGISTRY_FAILED"],
    ["14", "429 with seconds", [onGet(status(429, { "retry-after": "0" }), { times: 2 })]],
    ["14", "429 with a fraction", [onGet(status(429, { "retry-after": "0.005" }), { times: 2 })]],
    ["14", "429 with a date", [onGet(status(429, { "retry-after": "Thu, 01 Jan 2015 00:00:00 GMT" }))]],
    ["14", "429 with nonsense", [onGet(status(429, { "retry-after": "soon (880.092µs)" }), { times: 2 })]],
    ["14", "429 for a day", [onGet(status(429, { "retry-after": "86400" }))], "TOO_MANY_REQUESTS"],
    ...[408, 499, 502, 503, 504, 520, 521, 522].map((code) => ["15", String(code), [onGet(status(code))]] as const),
    ["18", "403", [onGet(status(403), { times: 9 })], "DENIED"],
    ["24", "a redirect without Location", [onGet(status(307))], "REDIRECT_REFUSED"],
    ["43", "a connection closed before an answer", [onGet({ type: "close" })]],
  ];
  test.each(rows.map(named))("row $row: $name", async ({ faults, code }) => {
    const registry = await seeded(...faults);
    const read = async () => readAll(await client().repository(`${registry.host}/a`).fetch(blob), { limit: 1 << 24 });
    if (code === undefined) expect(digestOf(await read())).toBe(blob.digest);
    else await expect(read()).rejects.toMatchObject({ code });
  });

  test("row 1: nobody there", async () => {
    await expect(client().repository("127.0.0.1:1/a").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
  });

  test.each([
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["bare line ends", "HTTP/1.1 429 Too Many Requests\nRetry-After: 1\n\n"],
    ["no HTTP", "220 smtp.example ESMTP\r\n"],
    ["endless headers", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(100_000)}`],
  ])("row 44: %s", async (_, answer) => {
    const server = createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.end(answer)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    try {
      const own = client({ retry: { attempts: 2, backoffMs: 1 } });
      const error: unknown = await own
        .repository(`127.0.0.1:${port}/a`)
        .resolve("v1")
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: expect.stringMatching(/REGISTRY_UNREACHABLE|TOO_MANY_REQUESTS/) });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("rows 13 and 14: what is waited for is told, what was said too", async () => {
    const registry = await seeded(onGet(status(429, { "retry-after": "0.01", warning: '299 - "soon \\"gone\\""' })));
    registry.addFault({ method: "GET", times: 9, action: header("warning", '299 - "read only" "x", 199 - "no"') });
    const events: ClientEvent[] = [];
    const repository = client({ onEvent: (event) => events.push(event) }).repository(`${registry.host}/a`);
    for (let i = 0; i < 2; i++) await readAll(await repository.fetch(blob), { limit: blob.size });
    expect(events).toEqual([
      { type: "registry.waiting", host: registry.host, ms: 10, status: 429 },
      { type: "registry.retrying", host: registry.host, attempt: 2, reason: expect.stringContaining("429") },
      { type: "registry.warning", host: registry.host, text: "read only" },
    ]);
  });
});

describe("writing", () => {
  const put = (action: FaultAction, more: Partial<Fault> = {}): Fault => ({
    method: "PUT",
    path: /uploads/,
    ...more,
    action,
  });
  const post = (action: FaultAction): Fault => ({ method: "POST", path: /uploads/, times: 1, action });
  const wantsPatch = put(status(400, {}, '{"errors":[{"code":"UNSUPPORTED"}]}'));
  const patch = (action: FaultAction, more: Partial<Fault> = {}): Fault => ({ method: "PATCH", ...more, action });
  const rows: readonly Row[] = [
    ["25", "a session at a relative place", []],
    ["29", "PUT answered with 200", [put({ type: "answer", status: 200 })]],
    ["26", "no Location", [post(header("location", undefined))]],
    ["27", "a session lost", [put(status(404), { times: 2 })]],
    ["27", "a session lost for ever", [put(status(404), { times: 99 })], "NOT_FOUND"],
    ["28", "416 to PATCH", [wantsPatch, patch(status(416))]],
    ...[200, 201, 204].map((code) => {
      return ["29", `PATCH answered with ${code}`, [wantsPatch, patch({ type: "answer", status: code })]] as const;
    }),
    ["30", "no Range in the answer to PATCH", [wantsPatch, patch(header("range", undefined))]],
    ["30", "another Range in the answer to PATCH", [wantsPatch, patch(header("range", "0-0"))]],
    ["31", "the answer to PUT lost", [put({ type: "cut", after: 0 })]],
    ["36", "413 while sending", [put(status(413), { times: 9 })], "REQUEST_REJECTED"],
    ["36", "cut while sending", [put({ type: "cut-request", after: 10_000 })]],
    ["63", "500 for an empty blob", [put(status(500), { times: 99 })], "REGISTRY_FAILED"],
  ];
  test.each(rows.map(named))("row $row: $name", async ({ faults, code }) => {
    const registry = kept(await createTestRegistry({ faults }));
    const repository = client().repository(`${registry.host}/a`);
    const push = () => repository.push(blob, () => bytesOf(content));
    if (code !== undefined) return expect(push()).rejects.toMatchObject({ code });
    await push();
    const bytes = await readAll(await client().repository(`${registry.host}/a`).fetch(blob), { limit: blob.size });
    expect(digestOf(bytes)).toBe(blob.digest);
  });

  test.each(["http://169.254.1.1/x", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/x", "http://"])(
    "row 25: a session at %s is refused",
    async (location) => {
      const registry = kept(await createTestRegistry());
      registry.addFault({ method: "POST", times: 99, action: header("location", location) });
      const push = client()
        .repository(`${registry.host}/a`)
        .push(blob, () => bytesOf(content));
      await expect(push).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    },
  );

  test("row 35: a registry that says it has what it has lost", async () => {
    const registry = kept(await createTestRegistry());
    const store = createMemoryStore();
    const layer = await writeLayer(store, [{ path: "a", content: "a" }]);
    const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer] });
    await store.tag(image.descriptor, "v1");
    registry.addFault({ method: "HEAD", path: /blobs/, times: 2, action: status(200) });
    const repository = client().repository(`${registry.host}/a`);
    await copyImage(store, repository, "v1");
    const back = createMemoryStore();
    await validateImage(back, await copyImage(repository, back, "v1"));
  });

  test("row 63: an image without layers, and an empty blob", async () => {
    const registry = kept(await createTestRegistry());
    const store = createMemoryStore();
    const image = await extendImage(store, scratch("linux/amd64"), {});
    await store.tag(image.descriptor, "v1");
    const repository = client().repository(`${registry.host}/a`);
    await copyImage(store, repository, "v1");
    const empty = { mediaType: "application/x", digest: digestOf(""), size: 0 };
    await repository.push(empty, () => bytesOf(""));
    expect((await readAll(await repository.fetch(empty), { limit: 1 })).byteLength).toBe(0);
  });
});

describe("manifests", () => {
  const served = (body: string, type: string = MEDIA_TYPE.ociManifest): Fault => ({
    path: /manifests/,
    times: 99,
    action: status(200, { "content-type": type }, body),
  });
  const broken: readonly (readonly [row: string, name: string, fault: Fault, code: string])[] = [
    ["48", "no JSON", served("{"), "RESPONSE_INVALID"],
    ["48", "a byte order mark", served("\uFEFF{}"), "MANIFEST_INVALID"],
    ["48", "nested for ever", served(`${"[".repeat(20_000)}`), "RESPONSE_INVALID"],
    ["49", "more than 4 MiB", served(`{"a":"${"x".repeat(5 << 20)}"}`), "RESPONSE_INVALID"],
    ["50", "of no type", served("{}", "text/html"), "RESPONSE_INVALID"],
    ["50", "both at once", served('{"schemaVersion":2,"layers":[],"manifests":[]}'), "MANIFEST_INVALID"],
    ["51", "of an unknown type", served('{"mediaType":"application/x"}'), "RESPONSE_INVALID"],
    [
      "52",
      "a size below zero",
      served(JSON.stringify({ schemaVersion: 2, config: { ...blob, size: -1 }, layers: [] })),
      "MANIFEST_INVALID",
    ],
    [
      "52",
      "a digest with a path",
      served(JSON.stringify({ schemaVersion: 2, config: { ...blob, digest: "sha256:../../x" }, layers: [] })),
      "MANIFEST_INVALID",
    ],
    ["58", "schema 1", served("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws"), "RESPONSE_INVALID"],
  ];
  test.each(broken)("row %s: %s", async (_row, _name, fault, code) => {
    const registry = kept(await createTestRegistry({ faults: [fault] }));
    const target = createMemoryStore();
    const copy = copyImage(client().repository(`${registry.host}/a`), target, "v1");
    await expect(copy).rejects.toMatchObject({ code });
    await expect(target.resolve("v1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("row 38: a tag that moves between two requests is one image all the same", async () => {
    const registry = await seeded();
    const repository = client().repository(`${registry.host}/a`);
    const before = await repository.resolve("v1");
    const other = JSON.stringify({ ...JSON.parse(manifestText), annotations: { a: "b" } });
    const moved = { ...manifest, digest: digestOf(other), size: other.length };
    await repository.push(moved, () => bytesOf(other));
    await repository.tag(moved, "v1");
    expect(String(await readAll(await repository.fetch(before), { limit: 9999 }))).toBe(manifestText);
  });

  test("row 53: a size that is not that of the digest", async () => {
    const registry = await seeded();
    const repository = client().repository(`${registry.host}/a`);
    for (const size of [blob.size - 1, blob.size + 1]) {
      const read = async () => readAll(await repository.fetch({ ...blob, size }), { limit: 1 << 24 });
      await expect(read()).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
    }
  });

  test("row 60: `data` is not trusted", async () => {
    const registry = await seeded();
    const repository = client().repository(`${registry.host}/a`);
    const lying = { ...blob, data: Buffer.from("evil").toString("base64") };
    expect(digestOf(await readAll(await repository.fetch(lying), { limit: blob.size }))).toBe(blob.digest);
  });
});

describe("whatever goes wrong", () => {
  const action: fc.Arbitrary<FaultAction> = fc.oneof(
    fc.constantFrom(400, 401, 403, 404, 405, 408, 413, 416, 429, 500, 503).map((code) => status(code)),
    fc.constantFrom<FaultAction>(
      { type: "close" },
      { type: "ignore-range" },
      { type: "extra", bytes: 1000 },
      header("location", undefined),
      header("location", "/elsewhere"),
      header("docker-content-digest", undefined),
      header("docker-content-digest", digestOf("other")),
      header("content-type", "text/html"),
      header("content-range", "bytes 1-2/3"),
      header("www-authenticate", 'Bearer realm="http://169.254.1.1/"'),
    ),
    fc.record({
      type: fc.constantFrom("cut", "truncate", "cut-request"),
      after: fc.nat(70_000),
    }) as fc.Arbitrary<FaultAction>,
    fc.record({ type: fc.constant("corrupt"), at: fc.nat(70_000) }) as fc.Arbitrary<FaultAction>,
  );
  const fault: fc.Arbitrary<Fault> = fc.record({
    method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH"),
    path: fc.constantFrom(/blobs/, /manifests/, /uploads/, /./),
    skip: fc.nat(3),
    times: fc.integer({ min: 1, max: 6 }),
    action,
  });

  test("a push or a pull completes with the right bytes or fails with a clear error; nothing damaged is ever to be seen", async () => {
    const source = createMemoryStore();
    const layer = await writeLayer(source, [{ path: "big", content: randomBytes(60_000) }]);
    const image = await extendImage(source, scratch("linux/amd64"), { layers: [layer] });
    await source.tag(image.descriptor, "v1");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 4 }),
        fc.array(fault, { maxLength: 4 }),
        async (pushing, pulling) => {
          const registry = await createTestRegistry({ faults: pushing });
          const folder = mkdtempSync(join(tmpdir(), "tsbuild-faults-"));
          const [own, reader] = [1, 2].map(() => createRegistryClient({ retry: { attempts: 3, backoffMs: 1 } }));
          try {
            const repository = own?.repository(`${registry.host}/a`) as never;
            await outcome(copyImage(source, repository, "v1"));
            registry.clearFaults();
            const back = createMemoryStore();
            const clean = await outcome(copyImage(reader?.repository(`${registry.host}/a`) as never, back, "v1"));
            if (clean === undefined) await validateImage(back, await back.resolve("v1"));
            else expect(clean.code).toBe("NOT_FOUND");
            registry.addFault(...pulling);
            const layout = await openLayout(folder);
            const pulled = await outcome(copyImage(repository, layout, "v1"));
            if (pulled === undefined) await validateImage(layout, await layout.resolve("v1"));
            else await expect(layout.resolve("v1")).rejects.toMatchObject({ code: "NOT_FOUND" });
            expectSound(folder);
          } finally {
            await own?.close();
            await reader?.close();
            await registry.close();
            rmSync(folder, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Undefined where it went well; any failure must be one of ours, with a code and a message. */
async function outcome(work: Promise<unknown>): Promise<TsbuildError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!TsbuildError.is(error)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
    return error;
  }
}

/** Every blob of a layout is what its name says. */
function expectSound(folder: string): void {
  for (const name of readdirSync(join(folder, "blobs/sha256")))
    expect(digestOf(readFileSync(join(folder, "blobs/sha256", name)))).toBe(`sha256:${name}`);
}
