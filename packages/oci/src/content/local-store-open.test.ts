import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestHex, digestOf } from "../digest.ts";
import type { Image } from "../image.ts";
import { pushImage, pushIndex, pushText, type TemporaryFolder, temporaryFolder } from "../testing.ts";
import { workerUrl } from "../worker-url.ts";
import type { LocalStore, StoreProblem } from "./local-store.ts";
import { defaultRoot, openStore } from "./local-store-open.ts";

const run = promisify(execFile);
const compiled = workerUrl(import.meta.url, "./local-store-open.ts").href;
const inAnotherProcess = (code: string): Promise<unknown> =>
  run(process.execPath, ["--input-type=module", "-e", `import { openStore } from ${JSON.stringify(compiled)};${code}`]);

let folder: TemporaryFolder;
let store: LocalStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(join(folder.path, "store"));
});
afterEach(() => folder[Symbol.dispose]());

const problems = async (): Promise<StoreProblem[]> => {
  const all: StoreProblem[] = [];
  for await (const problem of store.check()) all.push(problem);
  return all;
};
const collectAll = (keep?: ReadonlySet<string>): Promise<number> =>
  store.collect({ graceMs: -60_000, ...(keep !== undefined && { keep }) });

test.each<[Record<string, string>, string]>([
  [{ TSBUILD_ROOT: "/x", XDG_DATA_HOME: "/y" }, "/x"],
  [{ XDG_DATA_HOME: "/y" }, "/y/tsbuild"],
  [{ XDG_DATA_HOME: "relative" }, "/home/me/.local/share/tsbuild"],
  [{ TSBUILD_ROOT: "" }, "/home/me/.local/share/tsbuild"],
])("defaultRoot of %j is %s", (env, expected) => {
  expect(defaultRoot(env, "/home/me")).toBe(expected);
});

test("a store of another version is not touched", async () => {
  writeFileSync(join(store.root, "version"), "99\n");
  await expect(openStore(store.root)).rejects.toMatchObject({ code: "STORE_VERSION" });
});

test("a root that is a file is refused with a hint", async () => {
  writeFileSync(join(folder.path, "file"), "");
  await expect(openStore(join(folder.path, "file"))).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
});

describe("resolve", () => {
  let image: Image;
  beforeEach(async () => {
    image = await pushImage(store, ["a"]);
    await store.tag(image.descriptor, "app:1");
    await store.tag(image.descriptor, "ghcr.io/me/app");
  });

  test("lists full references", async () => {
    expect((await store.list()).map(({ name }) => name)).toEqual(["docker.io/library/app:1", "ghcr.io/me/app:latest"]);
  });

  test("takes names in any spelling, digests, ids and their first digits", async () => {
    const { digest } = image.descriptor;
    const id = digestHex(image.manifest.config.digest);
    const spellings = [
      "app:1",
      "docker.io/library/app:1",
      "ghcr.io/me/app",
      `app@${digest}`,
      digest,
      digestHex(digest),
    ];
    for (const name of [...spellings, id, `sha256:${id}`, id.slice(0, 12), `sha256:${id.slice(0, 12)}`, id.slice(0, 6)])
      expect([name, (await store.resolve(name)).digest]).toEqual([name, digest]);
  });

  test("also finds an image that nothing names", async () => {
    const unnamed = await pushImage(store, ["unnamed"]);
    expect(await store.resolve(unnamed.manifest.config.digest)).toEqual(unnamed.descriptor);
  });

  test("does not guess between two", async () => {
    let first = digestHex(image.manifest.config.digest).slice(0, 6);
    const blobs = join(store.root, "blobs", "sha256");
    const forged = `${first}${"0".repeat(58)}`;
    const manifest = { ...image.manifest, config: { ...image.manifest.config, digest: `sha256:${forged}` } };
    const text = JSON.stringify(manifest);
    writeFileSync(join(blobs, digestHex(digestOf(text))), text);
    await expect(store.resolve(first)).rejects.toMatchObject({ code: "REFERENCE_AMBIGUOUS" });
    first = digestHex(image.manifest.config.digest).slice(0, 12);
    expect((await store.resolve(first)).digest).toBe(image.descriptor.digest);
  });

  test.each(["app", "app:2", "abcde", "other/app:1", `sha256:${"0".repeat(10)}`])("knows no %s", async (name) => {
    await expect(store.resolve(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a name can be taken away once", async () => {
    expect([await store.untag("app:1"), await store.untag("app:1")]).toEqual([true, false]);
    await expect(store.resolve("app:1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a name with a digest keeps content that has no tag", async () => {
    await store.untag("app:1");
    await store.untag("ghcr.io/me/app");
    await store.tag(image.descriptor, `app:1@${image.descriptor.digest}`);
    await collectAll();
    expect(store.has(image.descriptor.digest)).toBe(true);
  });
});

describe("collect", () => {
  test("keeps what names and keep reach, and frees the rest", async () => {
    const kept = await pushImage(store, ["kept"]);
    const index = await pushIndex(store, ["linux/amd64", "linux/arm64"]);
    const dropped = await pushImage(store, ["dropped"]);
    const loose = await pushText(store, "loose");
    const cached = await pushText(store, "cached");
    await store.tag(kept.descriptor, "kept");
    await store.tag(index, "multi");
    const [layer] = dropped.layers;
    const size = dropped.descriptor.size + dropped.manifest.config.size + (layer?.descriptor.size ?? 0) + loose.size;
    expect(await collectAll(new Set([cached.digest]))).toBe(size);
    expect([kept.descriptor, index, cached].map(({ digest }) => store.has(digest))).toEqual([true, true, true]);
    expect([dropped.descriptor, loose].map(({ digest }) => store.has(digest))).toEqual([false, false]);
    expect(await problems()).toEqual([]);
  });

  test("keeps the plain form of a layer that a manifest names packed", async () => {
    const image = await pushImage(store, ["file"]);
    const plain = image.layers[0]?.diffId ?? digestOf("");
    const packed = await pushText(store, "stands for the packed form", "application/vnd.oci.image.layer.v1.tar+gzip");
    const manifest = JSON.stringify({ ...image.manifest, layers: [packed] });
    await store.tag(await pushText(store, manifest, image.descriptor.mediaType), "packed");
    await collectAll();
    expect([store.has(plain), store.has(packed.digest), store.has(image.descriptor.digest)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("leaves alone what is young, or was found useful lately", async () => {
    const loose = await pushText(store, "loose");
    expect(await store.collect()).toBe(0);
    expect(store.has(loose.digest)).toBe(true);
  });

  test("takes along what was derived from a blob", async () => {
    const loose = await pushText(store, "loose");
    await store.addSource(loose.digest, "ghcr.io/me/app");
    writeFileSync(join(store.folder("layers"), `${digestHex(loose.digest)}.index`), "");
    await collectAll();
    expect([readdirSync(store.folder("layers")), await store.sources(loose.digest)]).toEqual([[], []]);
  });
});

describe("sources", () => {
  test("newest first, each once, some kept", async () => {
    const digest = digestOf("remote");
    for (const name of ["a", "b", "a"]) await store.addSource(digest, name);
    expect(await store.sources(digest)).toEqual(["a", "b"]);
    for (let at = 0; at < 20; at += 1) await store.addSource(digest, `r${at}`);
    expect((await store.sources(digest)).length).toBeLessThan(10);
  });

  test("none of what nobody noted", async () => {
    expect(await store.sources(digestOf("unknown"))).toEqual([]);
  });
});

describe("check", () => {
  let image: Image;
  beforeEach(async () => {
    image = await pushImage(store, ["a", "b"]);
    await store.tag(image.descriptor, "app");
  });
  const layer = () => image.layers[0]?.diffId ?? digestOf("");

  test("finds nothing wrong in a sound store", async () => {
    expect(await problems()).toEqual([]);
  });

  test.each<[string, () => void, Partial<StoreProblem>]>([
    ["a damaged blob", () => writeFileSync(store.blobPath(layer()), "damaged"), { kind: "blob" }],
    ["a blob under no digest", () => writeFileSync(join(store.root, "blobs/sha256/xyz"), ""), { kind: "blob" }],
    [
      "a missing layer",
      () => rmSync(store.blobPath(layer())),
      { kind: "name", subject: "docker.io/library/app:latest" },
    ],
    ["a missing config", () => rmSync(store.blobPath(image.manifest.config.digest)), { kind: "name" }],
    ["a missing manifest", () => rmSync(store.blobPath(image.descriptor.digest)), { kind: "name" }],
    ["a damaged file of names", () => writeFileSync(join(store.root, "names.json"), "{"), { kind: "name" }],
  ])("finds %s", async (_, damage, expected) => {
    damage();
    const found = await problems();
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject(expected);
  });

  test("a missing layer is fine where a repository has it", async () => {
    rmSync(store.blobPath(layer()));
    await store.addSource(layer(), "ghcr.io/me/app");
    expect(await problems()).toEqual([]);
  });

  test("a damaged record of sources is found", async () => {
    mkdirSync(join(store.root, "sources"), { recursive: true });
    writeFileSync(join(store.root, "sources", `${"0".repeat(64)}.json`), "[]");
    expect(await problems()).toMatchObject([{ kind: "source" }]);
  });
});

describe("several processes", () => {
  test("no name is lost", async () => {
    const image = await pushImage(store, ["a"]);
    const code = (from: number): string => `
      const store = await openStore(${JSON.stringify(store.root)});
      for (let at = ${from}; at < ${from} + 10; at += 1)
        await store.tag(${JSON.stringify(image.descriptor)}, "app:" + at);`;
    await Promise.all([0, 10, 20].map((from) => inAnotherProcess(code(from))));
    expect(await store.list()).toHaveLength(30);
  });

  test("what a killed one left half-written is swept by the next, what a living one writes is not", async () => {
    const mine = store.temporaryPath();
    writeFileSync(mine, "being written");
    const code = `
      const store = await openStore(${JSON.stringify(store.root)});
      const content = async function* () { yield Buffer.from("half"); process.kill(process.pid, "SIGKILL"); };
      await store.push({ mediaType: "x/y", digest: "sha256:${"0".repeat(64)}", size: 9 }, content);`;
    await expect(inAnotherProcess(code)).rejects.toMatchObject({ signal: "SIGKILL" });
    expect(await problems()).toMatchObject([{ kind: "ingest" }]);
    await openStore(store.root);
    expect(readdirSync(join(store.root, "ingest")).map((name) => join(store.root, "ingest", name))).toEqual([mine]);
  });
});

test("a finished file is adopted under its digest", async () => {
  const path = store.temporaryPath();
  writeFileSync(path, "made by a worker");
  await store.adopt(path, digestOf("made by a worker"));
  expect(store.has(digestOf("made by a worker"))).toBe(true);
  expect(readdirSync(join(store.root, "ingest"))).toEqual([]);
  await store.remove(digestOf("made by a worker"));
  expect(store.has(digestOf("made by a worker"))).toBe(false);
});

test("folders stay inside the store", () => {
  for (const purpose of ["../x", "/x", "", "A"]) expect(() => store.folder(purpose)).toThrow(TypeError);
});
