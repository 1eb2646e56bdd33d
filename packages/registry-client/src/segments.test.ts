import { randomBytes } from "node:crypto";
import { bytesOf, type Descriptor, digestOf, readAll } from "@tsbuild/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistryClient, type RegistryClient } from "./client.ts";
import { createPace, readSegments, SEGMENT_BYTES } from "./segments.ts";
import { createTestRegistry, type Fault, type TestRegistry } from "./testing.ts";

const content = randomBytes(6 * SEGMENT_BYTES + 1000);
const blob: Descriptor = { mediaType: "application/x", digest: digestOf(content), size: content.byteLength };
const slow: Fault = {
  method: "GET",
  path: /blobs/,
  times: 99,
  action: { type: "throttle", bytesPerSecond: 30_000_000 },
};
const far: Fault = { method: "GET", path: /blobs/, times: 99, action: { type: "delay", ms: 25 } };

let registry: TestRegistry;
let client: RegistryClient;
beforeEach(async () => {
  registry = await createTestRegistry();
  client = createRegistryClient({ retry: { attempts: 3, backoffMs: 1 } });
  await client.repository(`${registry.host}/a`).push(blob, () => bytesOf(content));
});
afterEach(async () => {
  await client.close();
  await registry.close();
});

async function pull(...faults: readonly Fault[]): Promise<string> {
  registry.addFault(...faults);
  const bytes = await client.repository(`${registry.host}/a`).fetch(blob);
  return digestOf(await readAll(bytes, { limit: blob.size }));
}

function ranges(): readonly (string | undefined)[] {
  return registry.requests.filter(({ method }) => method === "GET").map(({ headers }) => headers.range);
}

test("a slow stream goes on over several connections", async () => {
  expect(await pull(far, slow)).toBe(blob.digest);
  expect(ranges().length).toBeGreaterThan(3);
  expect(
    ranges()
      .slice(1)
      .every((range) => /^bytes=\d+-\d+$/.test(range ?? "")),
  ).toBe(true);
});

const MIB = 1024 * 1024;
test.each([
  ["far and slow", { latency: 50, bytes: 8 * MIB, waited: 1000, left: 100 * MIB }, true],
  ["near and slow", { latency: 1, bytes: 8 * MIB, waited: 1000, left: 100 * MIB }, false],
  ["far and fast", { latency: 50, bytes: 80 * MIB, waited: 1000, left: 100 * MIB }, false],
  ["too early to tell", { latency: 50, bytes: 7 * MIB, waited: 7000, left: 100 * MIB }, false],
  ["nearly done", { latency: 50, bytes: 80 * MIB, waited: 9000, left: 7 * MIB }, false],
])("several connections pay: %s", (_, { latency, bytes, waited, left }, pays) => {
  const pace = createPace();
  pace.noteLatency(latency);
  pace.note(bytes, waited);
  expect(pace.isSlow(left)).toBe(pays);
});

test("a fast one stays as it is", async () => {
  expect(await pull()).toBe(blob.digest);
  expect(ranges()).toEqual([undefined]);
});

const faults: readonly (readonly [name: string, fault: Fault])[] = [
  ["a segment that breaks", { method: "GET", path: /blobs/, skip: 2, action: { type: "cut", after: 1000 } }],
  ["a segment that ends early", { method: "GET", path: /blobs/, skip: 2, action: { type: "truncate", after: 1000 } }],
  ["a segment that is refused", { method: "GET", path: /blobs/, skip: 2, action: { type: "status", status: 503 } }],
  ["a server that heeds no ranges", { method: "GET", path: /blobs/, times: 99, action: { type: "ignore-range" } }],
  [
    "a server that sends other ranges",
    {
      method: "GET",
      path: /blobs/,
      skip: 1,
      times: 1,
      action: { type: "header", name: "content-range", value: "bytes 0-9/10" },
    },
  ],
];
test.each(faults)("survives %s", async (_, fault) => {
  expect(await pull(far, slow, fault)).toBe(blob.digest);
});

test("changed bytes are found", async () => {
  const fault: Fault = { method: "GET", path: /blobs/, skip: 2, times: 1, action: { type: "corrupt", at: 5 } };
  await expect(pull(far, slow, fault)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

test("an abort ends all of them", async () => {
  registry.addFault(far, slow);
  const controller = new AbortController();
  const bytes = await client.repository(`${registry.host}/a`).fetch(blob, { signal: controller.signal });
  const read = async () => {
    let received = 0;
    for await (const chunk of bytes) {
      received += chunk.byteLength;
      if (received > 3 * SEGMENT_BYTES) controller.abort("enough");
    }
  };
  await expect(read()).rejects.toBe("enough");
});

test("segments come in order, no more than the width at a time", async () => {
  let running = 0;
  let peak = 0;
  const fetch = async ({ start, end }: { start: number; end: number }) => {
    peak = Math.max(peak, ++running);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    running--;
    return bytesOf(content.subarray(start, end));
  };
  const bytes = readSegments({ start: 100, end: content.byteLength }, { width: 3, fetch });
  expect(digestOf(await readAll(bytes, { limit: blob.size }))).toBe(digestOf(content.subarray(100)));
  expect(peak).toBeLessThanOrEqual(3);
});
