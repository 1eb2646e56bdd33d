import { describe, expect, test } from "vitest";
import { bytesOf } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { readImage } from "../image.ts";
import { validateImage } from "../image-validate.ts";
import { parseIndex } from "../manifest.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { pushImage, pushIndex, pushText } from "../testing.ts";
import { copyContent, copyImage } from "./copy.ts";
import { withFallback } from "./fallback.ts";
import { hasChildren, readNode } from "./graph.ts";
import { createMemoryStore } from "./memory.ts";
import type { ImageTarget } from "./store.ts";
import type { TransferEvent } from "./transfer.ts";

/** A store that notes what is pushed and how much at a time. */
function recording(store: ImageTarget): ImageTarget & { readonly pushed: Descriptor[]; peak: number } {
  let running = 0;
  const recorder = {
    ...store,
    pushed: [] as Descriptor[],
    peak: 0,
    async push(...args: Parameters<ImageTarget["push"]>) {
      running += 1;
      recorder.peak = Math.max(recorder.peak, running);
      await new Promise((resolve) => setImmediate(resolve));
      await store.push(...args);
      running -= 1;
      recorder.pushed.push(args[0]);
    },
  };
  return recorder;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const types = (events: readonly TransferEvent[]): string[] => events.map(({ type }) => type);

describe("copyImage", () => {
  test("copies all platforms, children before parents, each once", async () => {
    const source = createMemoryStore();
    const index = await pushIndex(source, ["linux/amd64", "linux/arm64"]);
    await source.tag(index, "app:1");
    const target = recording(createMemoryStore());
    expect(await copyImage(source, target, "app:1", { as: "copy:1" })).toEqual(index);
    expect(await target.resolve("copy:1")).toEqual(index);
    await validateImage(target, index);
    const digests = target.pushed.map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests.at(-1)).toBe(index.digest);
    const firstManifest = target.pushed.findIndex(hasChildren);
    expect(target.pushed.slice(firstManifest).every(hasChildren)).toBe(true);
  });

  test("keeps to its concurrency, four by default", async () => {
    const source = createMemoryStore();
    const { descriptor } = await pushImage(source, ["a", "b", "c", "d", "e", "f"]);
    for (const [concurrency, peak] of [
      [undefined, 4],
      [1, 1],
      [5, 5],
    ] as const) {
      const target = recording(createMemoryStore());
      await copyContent(source, target, descriptor, concurrency === undefined ? {} : { concurrency });
      expect(target.peak).toBe(peak);
    }
  });

  test("tells what happens, and sends nothing twice", async () => {
    const source = createMemoryStore();
    const { descriptor } = await pushImage(source, ["a"]);
    const target = createMemoryStore();
    const events: TransferEvent[] = [];
    await copyContent(source, target, descriptor, { concurrency: 1, onEvent: (event) => events.push(event) });
    const one = ["transfer.started", "transfer.progress", "transfer.done"];
    expect(types(events)).toEqual([...one, ...one, "transfer.started", "transfer.done"]);
    const again: TransferEvent[] = [];
    await copyContent(source, target, descriptor, { onEvent: (event) => again.push(event) });
    expect(types(again)).toEqual(["transfer.skipped", "transfer.skipped", "transfer.skipped"]);
  });

  test("fills in layers where the target has only the manifest", async () => {
    const source = createMemoryStore();
    const image = await pushImage(source, ["a"]);
    const target = createMemoryStore();
    const { content } = await readNode(source, image.descriptor);
    await target.push(image.descriptor, () => bytesOf(content));
    await copyContent(source, target, image.descriptor);
    await validateImage(target, image.descriptor);
  });

  test("mounts what the target can get elsewhere", async () => {
    const source = createMemoryStore();
    const { descriptor } = await pushImage(source, ["a"]);
    const target = recording(createMemoryStore());
    const reasons: string[] = [];
    const mounting = { ...target, mount: async (_: Descriptor, from: string) => from === "me/base" };
    await copyContent(source, mounting, descriptor, {
      mountFrom: "me/base",
      onEvent: (event) => event.type === "transfer.skipped" && reasons.push(event.reason),
    });
    expect([reasons, target.pushed]).toEqual([["mounted", "mounted"], [descriptor]]);
  });

  test("leaves foreign layers where they are", async () => {
    const source = createMemoryStore();
    const image = await pushImage(source, ["a"]);
    const digest = digestOf("far away");
    const foreign = { mediaType: MEDIA_TYPE.dockerForeignLayerGzip, digest, size: 8, urls: ["https://x.test/"] };
    const manifest = JSON.stringify({ ...image.manifest, layers: [foreign] });
    const descriptor = await pushText(source, manifest, image.descriptor.mediaType);
    const target = createMemoryStore();
    await copyContent(source, target, descriptor);
    expect(await target.exists(descriptor)).toBe(true);
  });
});

describe("platforms", () => {
  const platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"];

  test("one: just its manifest", async () => {
    const source = createMemoryStore();
    const index = await pushIndex(source, platforms);
    const target = createMemoryStore();
    const copied = await copyContent(source, target, index, { platforms: ["linux/aarch64"] });
    expect((await readImage(target, copied)).platform).toEqual({ os: "linux", architecture: "arm64" });
    expect(await target.exists(index)).toBe(false);
  });

  test("several: a smaller index, without attestations", async () => {
    const source = createMemoryStore();
    const index = await pushIndex(source, platforms);
    const target = createMemoryStore();
    const copied = await copyContent(source, target, index, { platforms: ["linux/arm64", "linux/amd64"] });
    const { content } = await readNode(target, copied);
    expect(parseIndex(content).manifests.map(({ platform }) => platform?.architecture)).toEqual(["amd64", "arm64"]);
    await validateImage(target, copied);
  });

  test("none that fits: says what there is", async () => {
    const source = createMemoryStore();
    const index = await pushIndex(source, platforms);
    const error = await failureOf(copyContent(source, createMemoryStore(), index, { platforms: ["linux/s390x"] }));
    expect(error).toMatchObject({ code: "PLATFORM_NOT_FOUND" });
    expect(String(error)).toContain("linux/amd64, linux/arm64, linux/arm/v7");
  });
});

describe("failures", () => {
  test.each<[string, "source" | "target"]>([
    ["a source that breaks off", "source"],
    ["a target that refuses", "target"],
  ])("%s is told as such, with the code", async (_, side) => {
    const source = createMemoryStore();
    const { descriptor, layers } = await pushImage(source, ["a"]);
    const broken = layers[0]?.descriptor.digest;
    const error = new TsbuildError("BROKEN", "it broke", { hint: "mend it" });
    const failing = {
      ...source,
      fetch: async (...[target, options]: Parameters<ImageTarget["fetch"]>) => {
        if (side === "target" || target.digest !== broken) return source.fetch(target, options);
        return (async function* () {
          yield Buffer.from("a");
          throw error;
        })();
      },
    };
    const target = createMemoryStore();
    const refusing = {
      ...target,
      push: async (...args: Parameters<ImageTarget["push"]>) => {
        if (side === "target" && args[0].digest === broken) throw error;
        return target.push(...args);
      },
    };
    const failure = await failureOf(copyContent(failing, refusing, descriptor));
    expect(failure).toMatchObject({ code: "BROKEN", hint: "mend it", cause: error });
    expect(String(failure)).toContain(`at the ${side}: it broke`);
    expect(await target.exists(descriptor)).toBe(false);
  });

  test("an unknown name is the source's", async () => {
    const error = await failureOf(copyImage(createMemoryStore(), createMemoryStore(), "nothing:1"));
    expect(error).toMatchObject({ code: "NOT_FOUND" });
    expect(String(error)).toContain("cannot find nothing:1 at the source");
  });

  test("an abort rejects with its reason", async () => {
    const source = createMemoryStore();
    const { descriptor } = await pushImage(source, ["a", "b"]);
    const abort = new AbortController();
    const reason = new Error("enough");
    const copying = copyContent(source, createMemoryStore(), descriptor, {
      signal: abort.signal,
      concurrency: 1,
      onEvent: ({ type }) => type === "transfer.done" && abort.abort(reason),
    });
    await expect(copying).rejects.toBe(reason);
  });

  test("indexes that go round in circles or too deep are refused", async () => {
    const source = createMemoryStore();
    let inner = (await pushImage(source, ["a"])).descriptor;
    for (let depth = 0; depth < 12; depth += 1) {
      const text = JSON.stringify({ schemaVersion: 2, manifests: [inner] });
      inner = await pushText(source, text, MEDIA_TYPE.ociIndex);
    }
    expect(await failureOf(copyContent(source, createMemoryStore(), inner))).toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });
});

test("withFallback asks elsewhere only for what is missing", async () => {
  const primary = createMemoryStore();
  const other = createMemoryStore();
  const here = await pushText(primary, "here");
  const there = await pushText(other, "there");
  const asked: string[] = [];
  const source = withFallback(primary, async ({ digest }) => {
    asked.push(digest);
    return digest === there.digest ? other : undefined;
  });
  const target = createMemoryStore();
  await copyContent(source, target, here);
  await copyContent(source, target, there);
  expect([await target.exists(here), await target.exists(there), asked]).toEqual([true, true, [there.digest]]);
  const nowhere = { mediaType: "text/plain", digest: digestOf("nowhere"), size: 7 };
  expect(await source.exists(nowhere)).toBe(false);
  expect(await failureOf(source.fetch(nowhere))).toMatchObject({ code: "NOT_FOUND" });
});
