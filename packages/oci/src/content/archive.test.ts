import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../bytes.ts";
import { digestOf } from "../digest.ts";
import { type Image, readImage } from "../image.ts";
import { validateImage } from "../image-validate.ts";
import { MEDIA_TYPE } from "../media-type.ts";
import { pushImage, pushIndex, type TemporaryFolder, temporaryFolder } from "../testing.ts";
import { openArchive } from "./archive.ts";
import { type ArchiveOutput, writeDockerArchive, writeOciArchive } from "./archive-write.ts";
import { copyImage } from "./copy.ts";
import { createMemoryStore } from "./memory.ts";
import type { ImageTarget } from "./store.ts";

const run = promisify(execFile);

let folder: TemporaryFolder;
let store: ImageTarget;
let image: Image;
let file: string;
beforeEach(async () => {
  folder = temporaryFolder();
  file = join(folder.path, "archive.tar");
  store = createMemoryStore();
  image = await pushImage(store, ["a", "b"]);
});
afterEach(() => folder[Symbol.dispose]());

const named = (name: string) => [{ name, descriptor: image.descriptor }];

describe.each([
  ["OCI", writeOciArchive],
  ["Docker", writeDockerArchive],
] as const)("%s archive", (_, write) => {
  test.each<[string, (plain: Uint8Array) => Uint8Array]>([
    ["plain", (plain) => plain],
    ["gzip", (plain) => gzipSync(plain)],
  ])("comes back as it was, %s", async (_, packed) => {
    await write(store, named("app:1"), file);
    writeFileSync(file, packed(readFileSync(file)));
    const temporaryDirectory = folder.path;
    const archive = await openArchive(file, { temporaryDirectory });
    for (const name of ["app:1", "docker.io/library/app:1", image.descriptor.digest])
      expect(await archive.resolve(name)).toEqual(image.descriptor);
    await validateImage(archive, image.descriptor);
    expect(await readImage(archive, "app:1")).toEqual(image);
    const target = createMemoryStore();
    await copyImage(archive, target, "app:1");
    await archive.close();
    expect(await target.resolve("app:1")).toEqual(image.descriptor);
    expect(readdirSync(folder.path)).toEqual(["archive.tar"]);
  });

  test("is the same bytes each time, to a file or in chunks", async () => {
    await write(store, named("app:1"), file);
    const chunks: Uint8Array[] = [];
    await write(store, named("app:1"), (chunk) => void chunks.push(chunk));
    expect(digestOf(Buffer.concat(chunks))).toBe(digestOf(readFileSync(file)));
  });

  test("holds several names and platforms", async () => {
    const index = await pushIndex(store, ["linux/amd64", "linux/arm64"]);
    const images = [...named("app:1"), ...named("app:2"), { name: "ghcr.io/me/multi:1", descriptor: index }];
    await write(store, images, file);
    const archive = await openArchive(file);
    expect(await archive.names()).toHaveLength(3);
    expect((await readImage(archive, "ghcr.io/me/multi:1", { platform: "linux/arm64" })).platform.architecture).toBe(
      "arm64",
    );
    await validateImage(archive, await archive.resolve("ghcr.io/me/multi:1"));
  });

  test("leaves no file where content is missing or the reader fails", async () => {
    const missing = [{ name: "x", descriptor: { ...image.descriptor, digest: digestOf("missing") } }];
    await expect(write(store, missing, file)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const broken = { ...store, fetch: async () => Promise.reject(new Error("connection lost")) };
    await expect(write(broken, named("app:1"), file)).rejects.toThrow("connection lost");
    const full: ArchiveOutput = () => {
      throw new Error("no space");
    };
    await expect(write(store, named("app:1"), full)).rejects.toThrow("no space");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("an abort while writing rejects with its reason and leaves no file", async () => {
    const reason = new Error("enough");
    const abort = new AbortController();
    const slow: ImageTarget = {
      ...store,
      async fetch(target, options) {
        if (target.mediaType === MEDIA_TYPE.ociLayer) abort.abort(reason);
        return store.fetch(target, options);
      },
    };
    await expect(write(slow, named("app:1"), file, { signal: abort.signal })).rejects.toBe(reason);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

interface TarMember {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly linkname?: string;
}

async function writeTar(members: readonly TarMember[]): Promise<void> {
  const tar = pack();
  for (const { name, content, linkname } of members) {
    if (linkname !== undefined) tar.entry({ name, type: "symlink", linkname });
    else tar.entry({ name }, Buffer.from(content ?? ""));
  }
  tar.finalize();
  writeFileSync(file, await readAll(tar, { limit: 1e7 }));
}

describe("what docker save wrote before it wrote OCI layouts", () => {
  const layerOf = async (at: number): Promise<Uint8Array> =>
    readAll(await store.fetch(image.layers[at]?.descriptor ?? image.descriptor), { limit: 1e6 });
  const configOf = async () => readAll(await store.fetch(image.manifest.config), { limit: 1e6 });
  const manifest = (layers: readonly string[], tags: readonly string[] | null = ["app:1"]): TarMember => ({
    name: "manifest.json",
    content: JSON.stringify([{ Config: "config.json", RepoTags: tags, Layers: layers }]),
  });

  test("is read, with links between layers and packed layers", async () => {
    await writeTar([
      { name: "one/layer.tar", content: gzipSync(await layerOf(0)) },
      { name: "two/layer.tar", linkname: "../three/layer.tar" },
      { name: "three/layer.tar", content: await layerOf(1) },
      { name: "config.json", content: await configOf() },
      manifest(["one/layer.tar", "two/layer.tar"]),
    ]);
    const archive = await openArchive(file);
    const read = await readImage(archive, "app:1");
    expect(read.config).toEqual(image.config);
    expect(read.manifest.mediaType).toBe(MEDIA_TYPE.dockerManifest);
    expect(read.layers.map(({ descriptor }) => descriptor.mediaType)).toEqual([
      MEDIA_TYPE.dockerLayerGzip,
      MEDIA_TYPE.dockerLayer,
    ]);
    await validateImage(archive, read.descriptor);
  });

  test("an image without a tag is found by its digest", async () => {
    const layers = [0, 1].map((at) => `${at}.tar`);
    const contents = await Promise.all(layers.map(async (name, at) => ({ name, content: await layerOf(at) })));
    await writeTar([...contents, { name: "config.json", content: await configOf() }, manifest(layers, null)]);
    const archive = await openArchive(file);
    const [found] = await archive.images();
    expect(found?.name).toBeUndefined();
    expect((await readImage(archive, found?.descriptor.digest ?? "")).config).toEqual(image.config);
  });

  test("a damaged layer is found when it is read", async () => {
    const damaged = Buffer.from(await layerOf(1));
    damaged[600] = 1;
    await writeTar([
      { name: "1.tar", content: await layerOf(0) },
      { name: "2.tar", content: damaged },
      { name: "config.json", content: await configOf() },
      manifest(["1.tar", "2.tar"]),
    ]);
    const archive = await openArchive(file);
    await expect(validateImage(archive, await archive.resolve("app:1"))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
  });

  test.each<[string, TarMember[], string]>([
    ["neither manifest.json nor index.json", [{ name: "x", content: "x" }], "ARCHIVE_INVALID"],
    ["a config that is missing", [manifest([])], "ARCHIVE_INVALID"],
    ["a manifest.json of another shape", [{ name: "manifest.json", content: "{}" }], "ARCHIVE_INVALID"],
    [
      "a layer that links to itself",
      [{ name: "l", linkname: "l" }, { name: "config.json", content: "{}" }, manifest(["l"])],
      "CONFIG_INVALID",
    ],
  ])("refuses %s", async (_, members, code) => {
    await writeTar(members);
    await expect(openArchive(file)).rejects.toMatchObject({ code });
  });

  test.each<[string, Uint8Array | undefined, string]>([
    ["a file that is not there", undefined, "NOT_FOUND"],
    ["an empty file", Buffer.alloc(0), "ARCHIVE_INVALID"],
    ["text", Buffer.from("hello ".repeat(200)), "TAR_INVALID"],
    ["broken gzip", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), "LAYER_INVALID"],
  ])("refuses %s", async (_, content, code) => {
    if (content !== undefined) writeFileSync(file, content);
    await expect(openArchive(file, { temporaryDirectory: folder.path })).rejects.toMatchObject({ code });
    expect(readdirSync(folder.path)).toEqual(content === undefined ? [] : ["archive.tar"]);
  });
});

// It unpacks an oci-archive with its owners, which only root may give files to.
describe.skipIf(!isInstalled("skopeo") || process.getuid?.() !== 0)("skopeo (needs skopeo and root)", () => {
  const skopeo = (...parameters: string[]) => run("skopeo", ["--insecure-policy", ...parameters]);

  test.each<[string, typeof writeOciArchive]>([
    ["docker-archive", writeDockerArchive],
    ["oci-archive", writeOciArchive],
  ])("reads our %s, and we read what it makes of it", async (transport, write) => {
    await write(store, named("app:1"), file);
    const { stdout } = await skopeo("inspect", "--config", "--raw", `${transport}:${file}:app:1`);
    expect(JSON.parse(stdout).rootfs).toEqual(image.config.rootfs);
    for (const to of ["docker-archive", "oci-archive"]) {
      const copy = join(folder.path, `${to}.tar`);
      await skopeo("copy", `${transport}:${file}:app:1`, `${to}:${copy}:back:2`);
      const archive = await openArchive(copy);
      const back = await readImage(archive, "back:2");
      expect(back.config.rootfs).toEqual(image.config.rootfs);
      await validateImage(archive, back.descriptor);
    }
  });
});

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
