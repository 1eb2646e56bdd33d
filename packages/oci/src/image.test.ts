import { describe, expect, test } from "vitest";
import { createMemoryStore } from "./content/memory.ts";
import { digestOf } from "./digest.ts";
import { extendImage, readImage, scratch, writeImage } from "./image.ts";
import { mergeConfig } from "./image-config.ts";
import { validateImage } from "./image-validate.ts";
import { MEDIA_TYPE } from "./media-type.ts";
import { pushImage, pushIndex, pushLayer, pushText } from "./testing.ts";

describe("readImage", () => {
  test("reads by name and by descriptor", async () => {
    const store = createMemoryStore();
    const image = await pushImage(store, ["a", "b"]);
    await store.tag(image.descriptor, "app");
    expect(await readImage(store, "app")).toEqual(image);
    expect(await readImage(store, image.descriptor)).toEqual(image);
  });

  test.each<[string, string]>([
    ["linux/amd64", "amd64"],
    ["linux/arm64", "arm64"],
    ["linux/aarch64", "arm64"],
  ])("takes the image for %s out of an index", async (platform, architecture) => {
    const store = createMemoryStore();
    const index = await pushIndex(store, ["linux/arm64", "linux/amd64"]);
    expect((await readImage(store, index, { platform })).platform.architecture).toBe(architecture);
  });

  test("fails with what there is where no platform fits", async () => {
    const store = createMemoryStore();
    const index = await pushIndex(store, ["linux/arm64"]);
    await expect(readImage(store, index, { platform: "linux/riscv64" })).rejects.toMatchObject({
      code: "PLATFORM_NOT_FOUND",
      message: expect.stringContaining("linux/arm64"),
    });
  });

  test("refuses artifacts and configs that do not fit the manifest", async () => {
    const store = createMemoryStore();
    const image = await pushImage(store, ["a"]);
    const artifact = JSON.stringify({ ...image.manifest, config: await pushText(store, "{}", MEDIA_TYPE.ociEmpty) });
    const short = JSON.stringify({ ...image.manifest, layers: [] });
    for (const text of [artifact, short]) {
      const descriptor = await pushText(store, text, MEDIA_TYPE.ociManifest);
      await expect(readImage(store, descriptor)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    }
  });
});

describe("writeImage", () => {
  test("gives the same digest for the same parts, and other media types for Docker", async () => {
    const store = createMemoryStore();
    const layer = await pushLayer(store, "a");
    const config = { ...scratch("linux/arm/v7").config, rootfs: { type: "layers", diff_ids: [layer.diffId] } } as const;
    const oci = await writeImage(store, { config, layers: [layer], annotations: { a: "b" } });
    expect(await writeImage(store, { config, layers: [layer], annotations: { a: "b" } })).toEqual(oci);
    expect([oci.platform.variant, oci.manifest.annotations]).toEqual(["v7", { a: "b" }]);
    const docker = await writeImage(store, { config, layers: [layer], docker: true });
    const { mediaType, config: at, layers } = docker.manifest;
    expect([mediaType, at.mediaType, layers[0]?.mediaType]).toEqual([
      MEDIA_TYPE.dockerManifest,
      MEDIA_TYPE.dockerConfig,
      MEDIA_TYPE.dockerLayer,
    ]);
    expect(await readImage(store, docker.descriptor)).toEqual(docker);
  });

  test("refuses layers that the config does not name", async () => {
    const store = createMemoryStore();
    const layers = [await pushLayer(store, "a")];
    const { config } = scratch("linux/amd64");
    await expect(writeImage(store, { config, layers })).rejects.toMatchObject({ code: "IMAGE_INVALID" });
  });
});

describe("extendImage", () => {
  test("puts layers on top and merges the config", async () => {
    const store = createMemoryStore();
    const base = await pushImage(store, ["a"]);
    const created = new Date("2026-01-02T03:04:05Z");
    const edit = { layers: [await pushLayer(store, "b")], config: { Env: ["A=1"], User: "app" }, created };
    const image = await extendImage(store, base, edit);
    expect(image.layers.map(({ diffId }) => diffId)).toEqual(image.config.rootfs.diff_ids);
    expect(image.layers[0]).toEqual(base.layers[0]);
    expect(image.config).toMatchObject({ created: "2026-01-02T03:04:05.000Z", config: { Cmd: ["/a"], User: "app" } });
    expect(image.config.history).toHaveLength(2);
    await validateImage(store, image.descriptor);
  });

  test("does not tell half a history", async () => {
    const store = createMemoryStore();
    const base = await pushImage(store, ["a"]);
    const { history: _, ...config } = base.config;
    const silent = await writeImage(store, { config, layers: base.layers });
    const image = await extendImage(store, silent, { layers: [await pushLayer(store, "b")] });
    expect(image.config.history).toBeUndefined();
  });
});

test("mergeConfig merges what has names and replaces the rest", () => {
  const base = { Env: ["A=1", "B=2"], Labels: { a: "1" }, Cmd: ["x"], ExposedPorts: { "80/tcp": {} }, User: "root" };
  const edit = { Env: ["B=3", "C=4"], Labels: { b: "2" }, Cmd: ["y", "z"], ExposedPorts: { "443/tcp": {} } };
  expect(mergeConfig(base, edit)).toEqual({
    Env: ["A=1", "B=3", "C=4"],
    Labels: { a: "1", b: "2" },
    Cmd: ["y", "z"],
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
    User: "root",
  });
});

describe("validateImage", () => {
  test("finds a history of too many layers and a layer of another diffId", async () => {
    const store = createMemoryStore();
    const [a, b] = [await pushLayer(store, "a"), await pushLayer(store, "b")];
    const base = scratch("linux/amd64").config;
    const rootfs = { type: "layers", diff_ids: [a.diffId] } as const;
    const told = { ...base, rootfs, history: [{ created_by: "x" }, { created_by: "y" }] };
    const wrong = { descriptor: b.descriptor, diffId: a.diffId };
    for (const parts of [
      { config: told, layers: [a] },
      { config: { ...base, rootfs }, layers: [wrong] },
    ]) {
      const { descriptor } = await writeImage(store, parts);
      await expect(validateImage(store, descriptor)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    }
  });

  test("finds what is missing", async () => {
    const store = createMemoryStore();
    const missing = { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf("missing"), size: 7 };
    const layer = { descriptor: missing, diffId: missing.digest };
    const { descriptor } = await extendImage(store, scratch("linux/amd64"), { layers: [layer] });
    await expect(validateImage(store, descriptor)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
