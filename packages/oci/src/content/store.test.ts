import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, readAll } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { pushText, type TemporaryFolder, temporaryFolder } from "../testing.ts";
import { openLayout } from "./layout.ts";
import { openStore } from "./local-store-open.ts";
import { createMemoryStore } from "./memory.ts";
import type { ImageTarget } from "./store.ts";

/** The contract of every store: what its interface promises, tried on each implementation. */
describe.each<[string, (folder: string) => Promise<ImageTarget>]>([
  ["memory", async () => createMemoryStore()],
  ["layout", (folder) => openLayout(join(folder, "layout"))],
  ["local store", (folder) => openStore(join(folder, "store"))],
])("%s", (_, open) => {
  let folder: TemporaryFolder;
  let store: ImageTarget;
  beforeAll(async () => {
    folder = temporaryFolder();
    store = await open(folder.path);
  });
  afterAll(() => folder[Symbol.dispose]());

  const read = async (target: Descriptor): Promise<string> =>
    Buffer.from(await readAll(await store.fetch(target), { limit: 1e6 })).toString();
  const manifestLike = () =>
    pushText(store, '{"schemaVersion":2,"manifests":[]}', "application/vnd.oci.image.index.v1+json");
  const filesIn = (): number => readdirSync(folder.path, { recursive: true }).length;

  test("gives back what was pushed, also when it is empty", async () => {
    for (const text of ["hello", ""]) expect(await read(await pushText(store, text))).toBe(text);
  });

  test("does not read what is there already", async () => {
    const target = await pushText(store, "once");
    await store.push(target, () => {
      throw new Error("asked for the content again");
    });
  });

  test.each<[string, Partial<Descriptor>, string]>([
    ["another digest", { digest: digestOf("something else") }, "DIGEST_MISMATCH"],
    ["more bytes", { size: 3 }, "SIZE_MISMATCH"],
    ["fewer bytes", { size: 9 }, "SIZE_MISMATCH"],
  ])("refuses content with %s and keeps nothing of it", async (_, change, code) => {
    const before = filesIn();
    const target = { mediaType: "text/plain", digest: digestOf("fresh"), size: 5, ...change };
    await expect(store.push(target, () => bytesOf("fresh"))).rejects.toMatchObject({ code });
    expect(await store.exists(target)).toBe(false);
    expect(filesIn()).toBe(before);
  });

  test("keeps nothing of a push whose source fails", async () => {
    const before = filesIn();
    const target = { mediaType: "text/plain", digest: digestOf("half and half"), size: 13 };
    const failing = async function* () {
      yield Buffer.from("half");
      throw new Error("connection lost");
    };
    await expect(store.push(target, failing)).rejects.toThrow("connection lost");
    expect([await store.exists(target), filesIn()]).toEqual([false, before]);
  });

  test("rejects an aborted push with the reason", async () => {
    const reason = new Error("enough");
    const abort = new AbortController();
    const target = { mediaType: "text/plain", digest: digestOf("half and half"), size: 13 };
    const slow = async function* () {
      yield Buffer.from("half");
      abort.abort(reason);
      yield Buffer.from(" and half");
    };
    await expect(store.push(target, slow, { signal: abort.signal })).rejects.toBe(reason);
    expect(await store.exists(target)).toBe(false);
  });

  test("takes the same content from many at once", async () => {
    const targets = await Promise.all(Array.from({ length: 8 }, () => pushText(store, "raced for")));
    expect(await read(targets[0] as Descriptor)).toBe("raced for");
  });

  test("says NOT_FOUND for what it has not", async () => {
    const target = { mediaType: "text/plain", digest: digestOf("nowhere"), size: 7 };
    expect(await store.exists(target)).toBe(false);
    for (const work of [
      store.fetch(target),
      store.resolve("docker.io/library/nowhere:1"),
      store.resolve(target.digest),
    ])
      expect(TsbuildError.is(await work.catch((error: unknown) => error), "NOT_FOUND")).toBe(true);
    await expect(store.tag(target, "nowhere:1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("resolves names and digests, and gives a name to other content", async () => {
    const first = await manifestLike();
    await store.tag(first, "docker.io/library/app:1");
    expect(await store.resolve("docker.io/library/app:1")).toEqual(first);
    expect(await store.resolve(first.digest)).toEqual(first);
    const text = '{"schemaVersion":2,"manifests":[],"annotations":{}}';
    const second = await pushText(store, text, first.mediaType);
    await store.tag(second, "docker.io/library/app:1");
    expect(await store.resolve("docker.io/library/app:1")).toEqual(second);
  });
});
