import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../bytes.ts";
import { copyImage } from "../content/copy.ts";
import { readNode } from "../content/graph.ts";
import type { LocalStore } from "../content/local-store.ts";
import { openStore } from "../content/local-store-open.ts";
import { createMemoryStore } from "../content/memory.ts";
import { addToReferrersTag, listReferrers, referrersTag } from "../content/referrers.ts";
import { extendImage, type Image, readImage, scratch } from "../image.ts";
import { validateImage } from "../image-validate.ts";
import type { FileEntry } from "../layer/file-entry.ts";
import { openTree } from "../layer/open-tree.ts";
import { makePlain } from "../layer/plain.ts";
import { writeLayer } from "../layer/write.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { pushImage, pushIndex, pushLayer, type TemporaryFolder, temporaryFolder } from "../testing.ts";
import { annotate } from "./annotate.ts";
import { appendLayers } from "./append-layers.ts";
import { convertImage } from "./convert-image.ts";
import { editConfig } from "./edit-config.ts";
import { rebaseImage } from "./rebase-image.ts";
import { recompressImage } from "./recompress-image.ts";
import { flattenImage, squashImage } from "./squash-image.ts";
import { writeArtifact } from "./write-artifact.ts";
import { editIndex, indexEntry, writeIndex } from "./write-index.ts";

let folder: TemporaryFolder;
let store: LocalStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder.path);
});
afterEach(async () => {
  await store.close();
  folder[Symbol.dispose]();
});

/** An image with a layer for each list of entries. */
async function imageOf(...lists: readonly (readonly FileEntry[])[]): Promise<Image> {
  const layers = [];
  for (const entries of lists) layers.push(await writeLayer(store, entries));
  return extendImage(store, scratch("linux/amd64"), { layers });
}

/** Everything that a reader sees of the image's file tree. */
async function contentOf(image: Image): Promise<Record<string, unknown>> {
  for (const layer of image.layers) await makePlain(store, layer);
  const tree = openTree(store, image.layers);
  const seen: Record<string, unknown> = {};
  const groups = new Map<string, string>();
  for (const { path, type, mode, size, linkName, linkGroup, content } of tree.walk("")) {
    const group = linkGroup === undefined ? undefined : (groups.get(linkGroup) ?? path);
    if (linkGroup !== undefined && group !== undefined) groups.set(linkGroup, group);
    const text = content === undefined ? undefined : String(tree.readFile(path));
    seen[path] = [type, mode, size, type === "symlink" ? linkName : group === path ? undefined : group, text];
  }
  return seen;
}

describe("images", () => {
  test("append, config, annotations: all else stays, and the same again gives the same", async () => {
    const base = await imageOf([{ path: "a", content: "1" }]);
    const layer = await pushLayer(store, "b");
    const appended = await appendLayers(store, base, [layer], { history: { created_by: "me" } });
    expect(appended.layers).toEqual([...base.layers, layer]);
    expect(appended.config.history?.at(-1)).toMatchObject({ created_by: "me" });
    const edited = await editConfig(store, appended, (config) => ({ ...config, config: { User: "app" } }));
    expect(edited.config).toMatchObject({ config: { User: "app" }, rootfs: appended.config.rootfs });
    const noted = await annotate(store, edited.descriptor, { x: "1", y: "2" });
    const less = await annotate(store, noted, { x: undefined });
    expect((await readNode(store, less)).manifest?.annotations).toEqual({ y: "2" });
    expect(await annotate(store, less, { y: undefined })).toEqual(edited.descriptor);
    await validateImage(store, less);
    expect((await appendLayers(store, base, [layer], { history: { created_by: "me" } })).descriptor).toEqual(
      appended.descriptor,
    );
  });

  test("rebase: own layers on the new base, history with them", async () => {
    const [from, to] = [await pushImage(store, ["old"]), await pushImage(store, ["new", "newer"])];
    const image = await extendImage(store, from, { layers: [await pushLayer(store, "own")], config: { User: "me" } });
    const rebased = await rebaseImage(store, image, { from, to, baseName: "docker.io/library/new:1" });
    await validateImage(store, rebased.descriptor);
    expect(rebased.layers).toEqual([...to.layers, ...image.layers.slice(1)]);
    expect(rebased.config.config?.User).toBe("me");
    expect(rebased.config.history).toHaveLength(3);
    expect(rebased.manifest.annotations).toMatchObject({
      "org.opencontainers.image.base.name": "docker.io/library/new:1",
      "org.opencontainers.image.base.digest": to.descriptor.digest,
    });
  });

  test.each([
    ["another base", ["other"], "linux/amd64"],
    ["another platform", ["old"], "linux/arm64"],
  ])("rebase from %s is refused", async (_, files, platform) => {
    const image = await pushImage(store, ["old", "own"]);
    const [from, to] = [await pushImage(store, files), await pushImage(store, ["new"], platform)];
    await expect(rebaseImage(store, image, { from, to })).rejects.toMatchObject({ code: "REBASE_IMPOSSIBLE" });
  });

  test("recompress: there and back", async () => {
    const image = await imageOf([{ path: "a", content: "1".repeat(5000) }]);
    const packed = await recompressImage(store, image, { compression: "gzip", level: 9 });
    expect(packed.layers.map(({ descriptor }) => descriptor.mediaType)).toEqual([MEDIA_TYPE.ociLayerGzip]);
    expect(packed.config).toEqual(image.config);
    await validateImage(store, packed.descriptor);
    const plain = await recompressImage(store, packed, { compression: "none" });
    expect(plain.descriptor).toEqual(image.descriptor);
  });
});

describe("squash", () => {
  const cases: readonly (readonly [name: string, layers: readonly (readonly FileEntry[])[]])[] = [
    ["a file added and removed", [[{ path: "a", content: "1" }], [{ path: ".wh.a" }]]],
    ["a file replaced by a folder", [[{ path: "a", content: "1" }], [{ path: "a/b", content: "2" }]]],
    ["a folder replaced by a file", [[{ path: "a/b", content: "1" }], [{ path: "a", content: "2" }]]],
    ["a folder removed and made anew", [[{ path: "a/b" }], [{ path: ".wh.a" }], [{ path: "a/c", content: "3" }]]],
    ["an opaque folder", [[{ path: "a/b" }], [{ path: "a/.wh..wh..opq" }, { path: "a/c" }]]],
    ["an opaque folder removed", [[{ path: "a/.wh..wh..opq" }, { path: "a/c" }], [{ path: ".wh.a" }]]],
    [
      "hard links",
      [
        [
          { path: "a", content: "1" },
          { path: "b", type: "hardlink", linkTarget: "a" },
        ],
        [{ path: ".wh.a" }],
      ],
    ],
    ["attributes of a folder", [[{ path: "d/x" }], [{ path: "d", type: "directory", mode: 0o700 }], [{ path: "d/y" }]]],
  ];
  const below: readonly FileEntry[] = [
    { path: "a/below", content: "below" },
    { path: "base", content: "base" },
  ];
  test.each(cases)("%s, alone and on a base", async (_, layers) => {
    const whole = await imageOf(...layers);
    const flat = await flattenImage(store, whole);
    expect(flat.layers).toHaveLength(1);
    expect(await contentOf(flat)).toEqual(await contentOf(whole));
    const based = await imageOf(below, ...layers);
    const squashed = await squashImage(store, based, { keep: 1 });
    expect(squashed.layers).toHaveLength(2);
    expect(squashed.layers[0]).toEqual(based.layers[0]);
    await validateImage(store, squashed.descriptor);
    expect(await contentOf(squashed)).toEqual(await contentOf(based));
  });

  test("any layers", async () => {
    const name = fc.constantFrom("a", "b", "c");
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const file = fc.tuple(path, fc.string({ maxLength: 3 }));
    const mark = fc.tuple(fc.array(name, { maxLength: 2 }), fc.constantFrom(".wh..wh..opq", ".wh.a", ".wh.b"));
    const layer = fc.record({ files: fc.array(file, { maxLength: 4 }), marks: fc.array(mark, { maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), fc.nat(3), async (layers, keep) => {
        const image = await imageOf(...layers.map(toEntries));
        const squashed = await squashImage(store, image, { keep: Math.min(keep, image.layers.length) });
        expect(await contentOf(squashed)).toEqual(await contentOf(image));
      }),
      { numRuns: 30 },
    );
  });
});

/** One entry for each path, and none below a file. */
function toEntries({ files, marks }: { files: [string, string][]; marks: [string[], string][] }): FileEntry[] {
  const kept = new Map<string, string>();
  for (const [path, content] of files) {
    const above = [...kept.keys()].some((other) => path.startsWith(`${other}/`) || other.startsWith(`${path}/`));
    if (!above) kept.set(path, content);
  }
  const isFile = (directory: string) => [...kept.keys()].some((path) => `${directory}/`.startsWith(`${path}/`));
  const hides = marks.map(([directory, name]) => [directory.join("/"), name] as const);
  const usable = hides
    .filter(([directory]) => !isFile(directory))
    .map(([d, name]) => (d === "" ? name : `${d}/${name}`));
  const hidden = new Set(usable.filter((path) => !path.endsWith("opq")).map((path) => path.replace(".wh.", "")));
  const entries = [...kept].filter(([path]) => ![...hidden].some((gone) => `${path}/`.startsWith(`${gone}/`)));
  const marked = usable.filter((path) => ![...hidden].some((gone) => path.startsWith(`${gone}/`)));
  return [...entries.map(([path, content]) => ({ path, content })), ...[...new Set(marked)].map((path) => ({ path }))];
}

describe("indexes", () => {
  test("made, filled, emptied, annotated", async () => {
    const [amd64, arm64] = [await pushImage(store, ["a"]), await pushImage(store, ["b"], "linux/arm64")];
    const index = await writeIndex(store, [indexEntry(amd64)], { annotations: { k: "v" } });
    const both = await editIndex(store, index, { add: [indexEntry(arm64)], annotations: { k: undefined, l: "w" } });
    await validateImage(store, both);
    expect((await readImage(store, both, { platform: "linux/arm64" })).descriptor.digest).toBe(arm64.descriptor.digest);
    const renewed = await pushImage(store, ["c"], "linux/arm64");
    const third = await editIndex(store, both, {
      remove: ["linux/amd64"],
      add: [indexEntry(renewed)],
      entryAnnotations: { "linux/arm64": { note: "new" } },
    });
    expect((await readNode(store, third)).index).toMatchObject({
      annotations: { l: "w" },
      manifests: [{ digest: renewed.descriptor.digest, annotations: { note: "new" } }],
    });
    await expect(editIndex(store, third, { remove: ["linux/s390x"] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(editIndex(store, amd64.descriptor, {})).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });
});

describe("formats", () => {
  test("OCI to Docker and back: digests of layers and configs stay", async () => {
    const index = await pushIndex(store, ["linux/amd64", "linux/arm64"]);
    const docker = await convertImage(store, index, "docker");
    expect(docker.mediaType).toBe(MEDIA_TYPE.dockerManifestList);
    await validateImage(store, docker);
    const image = await readImage(store, docker, { platform: "linux/amd64" });
    expect(image.manifest).toMatchObject({
      mediaType: MEDIA_TYPE.dockerManifest,
      config: { mediaType: MEDIA_TYPE.dockerConfig },
    });
    expect(await convertImage(store, docker, "oci")).toEqual(index);
    expect(await convertImage(store, docker, "docker")).toEqual(docker);
  });

  test("a copy in another format", async () => {
    const index = await pushIndex(store, ["linux/amd64"]);
    await store.tag(index, "app:1");
    const target = createMemoryStore();
    const copied = await copyImage(store, target, "app:1", { as: "v1", format: "docker" });
    expect(await target.resolve("v1")).toEqual(copied);
    expect(copied.mediaType).toBe(MEDIA_TYPE.dockerManifestList);
    await validateImage(target, copied);
  });

  test.each([
    ["an artifact", () => writeArtifact(store, { artifactType: "application/x" })],
    [
      "zstd",
      async () => {
        const { descriptor } = await pushLayer(store, "x");
        const layer = { ...descriptor, mediaType: MEDIA_TYPE.ociLayerZstd };
        const config = { mediaType: MEDIA_TYPE.ociConfig, content: "{}" };
        return writeArtifact(store, { artifactType: "application/x", config, blobs: [layer] });
      },
    ],
  ])("Docker has no word for %s", async (_, make) => {
    await expect(convertImage(store, await make(), "docker")).rejects.toMatchObject({ code: "FORMAT_UNSUPPORTED" });
  });
});

describe("artifacts and referrers", () => {
  test("an artifact without blobs and config has empty ones", async () => {
    const artifact = await writeArtifact(store, { artifactType: "application/vnd.example.x" });
    const { manifest } = await readNode(store, artifact);
    expect(manifest).toMatchObject({
      artifactType: "application/vnd.example.x",
      config: { mediaType: MEDIA_TYPE.ociEmpty, size: 2 },
      layers: [{ mediaType: MEDIA_TYPE.ociEmpty, size: 2 }],
    });
  });

  test("the fallback tag lists them, by type, once; a copy takes them along, and theirs", async () => {
    const image = await pushImage(store, ["a"]);
    await store.tag(image.descriptor, "app:1");
    const source = createMemoryStore();
    await copyImage(store, source, "app:1", { as: "v1" });
    const attach = async (artifactType: string, subject: Image["descriptor"]) => {
      const blobs = [{ mediaType: "text/plain", content: artifactType }];
      const made = await writeArtifact(source, { artifactType, subject, blobs, annotations: { of: "it" } });
      const entry = { ...made, annotations: { of: "it" } };
      for (let i = 0; i < 2; i++) await addToReferrersTag(source, subject, entry);
      return made;
    };
    const sbom = await attach("application/sbom", image.descriptor);
    const signature = await attach("application/sig", sbom);
    await attach("application/other", image.descriptor);
    expect(await listReferrers(source, image.descriptor)).toHaveLength(2);
    const target = createMemoryStore();
    await copyImage(source, target, "v1", { referrers: true });
    expect(await listReferrers(target, image.descriptor, { artifactType: "application/sbom" })).toMatchObject([
      { digest: sbom.digest, artifactType: "application/sbom", annotations: { of: "it" } },
    ]);
    expect(await listReferrers(target, sbom)).toMatchObject([{ digest: signature.digest }]);
    const content = await readAll(await target.fetch((await readNode(target, sbom)).manifest?.layers[0] as never), {
      limit: 99,
    });
    expect(String(content)).toBe("application/sbom");
  });

  test("a tag that is the subject itself, or no index, lists nothing", async () => {
    const source = createMemoryStore();
    const image = await pushImage(source, ["a"]);
    await source.tag(image.descriptor, referrersTag(image.descriptor.digest));
    expect(await listReferrers(source, image.descriptor)).toEqual([]);
    const other = await pushImage(source, ["b"]);
    await source.tag(image.descriptor, referrersTag(other.descriptor.digest));
    expect(await listReferrers(source, other.descriptor)).toEqual([]);
  });
});
