import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extendImage, type LocalStore, openStore, openTree, readImage, scratch, writeLayer } from "@tsbuild/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Builder, BuildResult, DockerfileOptions } from "./builder.ts";
import { createBuilder } from "./create-builder.ts";
import { BUSYBOX } from "./testing/busybox.ts";

const canRun = process.platform === "linux" && BUSYBOX !== undefined;

const FIRST = 1_600_000_000;
const SECOND = 1_650_000_000;
const OWN = 1_500_000_000;

let folder: string;
let context: string;
let store: LocalStore;
let builder: Builder;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-epoch-"));
  context = join(folder, "context");
  store = await openStore(join(folder, "store"));
  builder = await createBuilder({ store });
  files({ "app/main.js": "main", "app/lib/util.js": "util", "other.txt": "other" });
});

afterEach(async () => {
  await builder.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function files(entries: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(entries)) {
    const path = join(context, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, OWN, OWN);
    utimesSync(dirname(path), OWN, OWN);
  }
}

function build(dockerfileText: string, options: Partial<DockerfileOptions> = {}): Promise<BuildResult> {
  return builder.buildDockerfile({ context, dockerfileText, ...options });
}

/** The digest that a builder without a cache comes to. */
async function fresh(dockerfileText: string, options: Partial<DockerfileOptions>): Promise<string> {
  const other = await createBuilder({ root: mkdtempSync(join(folder, "fresh-")) });
  try {
    return (await other.buildDockerfile({ context, dockerfileText, ...options })).image.digest;
  } finally {
    await other.close();
    await other.store.close();
  }
}

function ran({ steps }: BuildResult): readonly string[] {
  return steps.filter(({ cached }) => !cached).map(({ name }) => name.replace(/^\[[^\]]*\] /, ""));
}

async function times(result: BuildResult): Promise<Readonly<Record<string, number>>> {
  const tree = openTree(store, (await readImage(store, result.image)).layers);
  return Object.fromEntries([...tree.walk("")].filter(({ path }) => path !== "").map((e) => [e.path, e.mtime]));
}

const COPIES = "FROM scratch\nWORKDIR /srv/app\nCOPY app .\nCOPY other.txt /srv/app/lib/\nLABEL a=b\n";
const ALL = ["srv", "srv/app", "srv/app/lib", "srv/app/lib/other.txt", "srv/app/lib/util.js", "srv/app/main.js"];

describe("another epoch, as after a commit", () => {
  test("reruns no COPY and gives the digest of a build without a cache", async () => {
    await build(COPIES, { epoch: FIRST });
    const second = await build(COPIES, { epoch: SECOND });
    expect(ran(second)).toEqual([]);
    expect(second.image.digest).toBe(await fresh(COPIES, { epoch: SECOND }));
    expect(await times(second)).toEqual(Object.fromEntries(ALL.map((path) => [path, SECOND])));
    expect(second.config).toMatchObject({ created: new Date(SECOND * 1000).toISOString().replace(".000Z", "Z") });
  });

  test("also where some of the layers are from one commit and some from another", async () => {
    await build(COPIES, { epoch: FIRST });
    files({ "other.txt": "changed" });
    const second = await build(COPIES, { epoch: SECOND });
    expect(ran(second)).toEqual(["COPY other.txt /srv/app/lib/"]);
    expect(second.image.digest).toBe(await fresh(COPIES, { epoch: SECOND }));
    const third = await build(COPIES, { epoch: FIRST });
    expect(ran(third)).toEqual([]);
    expect(third.image.digest).toBe(await fresh(COPIES, { epoch: FIRST }));
  });

  test("hard links, links, modes and long names outlive it", async () => {
    const long = `app/${"long/".repeat(40)}${"n".repeat(120)}`;
    files({ [long]: "x", "app/ü": "umlaut" });
    spawnSync("ln", ["main.js", "second.js"], { cwd: join(context, "app") });
    spawnSync("ln", ["-s", "main.js", "link.js"], { cwd: join(context, "app") });
    const text = "FROM scratch\nCOPY app /app\nCOPY --from=0 . /\n".replace("COPY --from=0 . /\n", "");
    await build(text, { epoch: FIRST });
    expect((await build(text, { epoch: SECOND })).image.digest).toBe(await fresh(text, { epoch: SECOND }));
  });

  test("copies from stages and COPY --link too", async () => {
    const text = "FROM scratch AS a\nCOPY app /out\nFROM scratch\nCOPY other.txt /\nCOPY --link --from=a /out /in/\n";
    await build(text, { epoch: FIRST });
    const second = await build(text, { epoch: SECOND });
    expect(ran(second)).toEqual([]);
    expect(second.image.digest).toBe(await fresh(text, { epoch: SECOND }));
  });

  test("folders of a base image that was made at the same commit keep its time", async () => {
    const base = await build("FROM scratch\nWORKDIR /srv/app\n", { epoch: FIRST, tags: ["base:1"] });
    const text = "FROM base:1\nCOPY app /srv/app/\nCOPY other.txt /srv/app/lib/\n";
    await build(text, { epoch: FIRST });
    const second = await build(text, { epoch: SECOND });
    expect(ran(second)).toEqual([]);
    const uncached = await build(text, { epoch: SECOND, noCache: true });
    expect(second.image.digest).toBe(uncached.image.digest);
    expect(base.config.rootfs.diff_ids[0]).toBe(second.config.rootfs.diff_ids[0]);
    expect(await times(second)).toMatchObject({ srv: FIRST, "srv/app": FIRST, "srv/app/lib": SECOND });
  });

  test.skipIf(!canRun)("a cached RUN stays; a RUN that runs sees the new times (needs a static busybox)", async () => {
    await busybox();
    const text = (command: string): string =>
      `FROM busybox\nCOPY app /app\nRUN stat -c %Y /app/main.js > /seen\nRUN ${command}\n`;
    await build(text("true"), { epoch: FIRST });
    const again = await build(text("true"), { epoch: SECOND });
    expect(ran(again)).toEqual([]);
    expect(await times(again)).toMatchObject({ app: SECOND, "app/main.js": SECOND });
    const changed = await build(text("stat -c %Y /app/main.js > /later"), { epoch: SECOND });
    expect(ran(changed)).toHaveLength(1);
    const tree = openTree(store, (await readImage(store, changed.image)).layers);
    expect(String(Buffer.from(tree.readFile("later") ?? []))).toBe(`${SECOND}\n`);
    expect(String(Buffer.from(tree.readFile("seen") ?? []))).toBe(`${FIRST}\n`);
  });
});

describe("which epoch", () => {
  test("the caller's, then the build argument's, then the default", async () => {
    const created = async (options: Partial<DockerfileOptions>): Promise<string | undefined> =>
      (await build(COPIES, options)).config.created;
    const argument = { buildArgs: { SOURCE_DATE_EPOCH: "2" } };
    expect(await created({ epoch: 1, ...argument, defaultEpoch: 3 })).toBe("1970-01-01T00:00:01Z");
    expect(await created({ ...argument, defaultEpoch: 3 })).toBe("1970-01-01T00:00:02Z");
    expect(await created({ defaultEpoch: 3 })).toBe("1970-01-01T00:00:03Z");
    expect(await created({})).toBe("1970-01-01T00:00:00Z");
  });

  test("none: files keep their times, folders on the way take the newest of them", async () => {
    const result = await build("FROM scratch\nCOPY app /srv/app/\n");
    expect(await times(result)).toMatchObject({ srv: OWN, "srv/app/main.js": OWN });
  });
});

describe("timestamps: keep", () => {
  test("files keep their times, config and history have the epoch", async () => {
    const result = await build(COPIES, { epoch: FIRST, timestamps: "keep" });
    expect(await times(result)).toMatchObject({ "srv/app/main.js": OWN });
    expect(result.config.created).toBe("2020-09-13T12:26:40Z");
  });

  test("without an epoch the times tell when the steps were made; all cached, the digest is the same", async () => {
    const started = Date.now();
    const first = await build(COPIES, { timestamps: "keep" });
    expect(Date.parse(first.config.created ?? "")).toBeGreaterThanOrEqual(started);
    const second = await build(COPIES, { timestamps: "keep" });
    expect(ran(second)).toEqual([]);
    expect(second.image.digest).toBe(first.image.digest);
  });
});

test("a rebuild from the cache gives the same digest to the bit", async () => {
  const first = await build(COPIES, { epoch: FIRST });
  const second = await build(COPIES, { epoch: FIRST });
  expect(ran(second)).toEqual([]);
  expect(second.image).toEqual(first.image);
});

/** A base image with a shell, under the name busybox. */
async function busybox(): Promise<void> {
  const links = ["sh", "stat", "true"];
  const layer = await writeLayer(store, [
    { path: "bin/busybox", mode: 0o755, content: { file: BUSYBOX ?? "" } },
    ...links.map((name) => ({ path: `bin/${name}`, type: "symlink" as const, linkTarget: "busybox" })),
  ]);
  const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer], config: { Env: ["PATH=/bin"] } });
  await store.tag(image.descriptor, "busybox:latest");
}
