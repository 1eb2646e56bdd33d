import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { validateImage } from "../image-validate.ts";
import { pushImage, type TemporaryFolder, temporaryFolder } from "../testing.ts";
import { workerUrl } from "../worker-url.ts";
import { copyImage } from "./copy.ts";
import { openLayout } from "./layout.ts";
import { createMemoryStore } from "./memory.ts";

const run = promisify(execFile);
const hasSkopeo = isInstalled("skopeo");

let folder: TemporaryFolder;
let directory: string;
beforeEach(() => {
  folder = temporaryFolder();
  directory = join(folder.path, "layout");
});
afterEach(() => folder[Symbol.dispose]());

test("writes what the specification asks for, and nothing else stays", async () => {
  const layout = await openLayout(directory);
  const { descriptor } = await pushImage(layout, ["a"]);
  await layout.tag(descriptor, "app:1");
  await layout.tag(descriptor, "app:2");
  expect(readdirSync(directory).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  expect(JSON.parse(readFileSync(join(directory, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
  expect(await layout.names()).toEqual(["app:1", "app:2"]);
});

test("understands the names that Docker and containerd write", async () => {
  const layout = await openLayout(directory);
  const { descriptor } = await pushImage(layout, ["a"]);
  const annotations = {
    "io.containerd.image.name": "docker.io/library/app:1",
    "org.opencontainers.image.ref.name": "1",
    other: "kept",
  };
  const manifests = [{ ...descriptor, annotations }];
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  expect(await layout.names()).toEqual(["docker.io/library/app:1"]);
  for (const name of ["docker.io/library/app:1", "1", descriptor.digest])
    expect(await layout.resolve(name)).toEqual({ ...descriptor, annotations: { other: "kept" } });
  await layout.tag(descriptor, "docker.io/library/app:1");
  expect(await layout.names()).toEqual(["docker.io/library/app:1"]);
});

test("an absent or broken layout is told apart", async () => {
  await expect(openLayout(directory, { create: false })).rejects.toMatchObject({ code: "NOT_FOUND" });
  mkdirSync(directory);
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"9.0.0"}');
  await expect(openLayout(directory)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
});

test("several processes lose no name", async () => {
  const layout = await openLayout(directory);
  const { descriptor } = await pushImage(layout, ["a"]);
  const code = (from: number): string => `
    import { openLayout } from ${JSON.stringify(workerUrl(import.meta.url, "./layout.ts").href)};
    const layout = await openLayout(${JSON.stringify(directory)});
    for (let at = ${from}; at < ${from} + 8; at += 1) await layout.tag(${JSON.stringify(descriptor)}, "app:" + at);`;
  await Promise.all([0, 8, 16].map((from) => run(process.execPath, ["--input-type=module", "-e", code(from)])));
  expect(await layout.names()).toHaveLength(24);
});

test.skipIf(!hasSkopeo)("skopeo reads what we write, and we read what it writes (needs skopeo)", async () => {
  const source = createMemoryStore();
  const image = await pushImage(source, ["a", "b"]);
  await source.tag(image.descriptor, "app:1");
  await copyImage(source, await openLayout(directory), "app:1");
  const copy = join(folder.path, "copy");
  await run("skopeo", ["--insecure-policy", "copy", `oci:${directory}:app:1`, `oci:${copy}:back:1`]);
  const back = await openLayout(copy, { create: false });
  const copied = await back.resolve("back:1");
  await validateImage(back, copied);
});

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
