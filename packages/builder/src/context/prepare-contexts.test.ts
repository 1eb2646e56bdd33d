import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bytesOf, encodeEntry, openTree, readImage, TAR_END, type Tree, tarPadding } from "@tsbuild/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Builder, BuildResult, DockerfileOptions } from "../builder.ts";
import { createBuilder } from "../create-builder.ts";
import { toLayout } from "../export/to-layout.ts";
import type { ContextPlace } from "./context-place.ts";

const FILES = {
  Dockerfile: "FROM scratch\nCOPY . /\n",
  ".dockerignore": "*.log\nDockerfile\n.*\n",
  a: "A",
  "b.log": "B",
};
const TIME = 1_600_000_000;

let folder: string;
let builder: Builder;
let server: Server;
let served: Readonly<Record<string, Uint8Array | string>>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-contexts-"));
  builder = await createBuilder({ root: join(folder, "store") });
  server = createServer(({ url = "" }, response) => {
    const content = served[url];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  server.close();
  await builder.close();
  rmSync(folder, { recursive: true, force: true });
});

function tarOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).flatMap(([path, content]) => {
    const attributes = { mode: 0o644, uid: 7, gid: 7, mtime: TIME, mtimeNsec: 0 };
    const entry = { path, type: "file" as const, size: content.length, ...attributes };
    return [encodeEntry(entry), Buffer.from(content), Buffer.alloc(tarPadding(content.length))];
  });
  return Buffer.concat([...entries, TAR_END]);
}

function address(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

async function treeOf({ image }: BuildResult): Promise<Tree> {
  return openTree(builder.store, (await readImage(builder.store, image)).layers);
}

function namesIn(tree: Tree): readonly string[] {
  return [...tree.walk("")].map(({ path }) => path).filter((path) => path !== "");
}

const PLACES: readonly (readonly [name: string, place: () => ContextPlace])[] = [
  ["a tar's bytes", () => ({ archive: bytesOf(tarOf(FILES)) })],
  ["a packed tar's bytes", () => ({ archive: bytesOf(gzipSync(tarOf(FILES))) })],
  ["files in memory", () => ({ files: FILES })],
  ["an archive on the web", () => address("/context.tar.gz")],
];

describe.each(PLACES)("%s", (_, place) => {
  beforeEach(() => {
    served = { "/context.tar.gz": gzipSync(tarOf(FILES)) };
  });

  test("is a build context with its Dockerfile and .dockerignore", async () => {
    const tree = await treeOf(await builder.buildDockerfile({ context: place() }));
    expect(namesIn(tree)).toEqual(["a"]);
    expect(tree.lstat("a")).toMatchObject({ uid: 0, gid: 0 });
    expect(readdirSync(join(builder.store.root, "ingest"))).toEqual([]);
  });

  test("is a named context", async () => {
    const dockerfileText = "FROM scratch\nCOPY --from=other a /b\n";
    const namedContexts = { other: place() };
    expect(namesIn(await treeOf(await builder.buildDockerfile({ dockerfileText, namedContexts })))).toEqual(["b"]);
  });
});

test("an address with a Dockerfile in place of an archive is a build without a context", async () => {
  served = { "/Dockerfile": "FROM scratch\nCOPY <<x /f\nhi\nx\n" };
  expect(namesIn(await treeOf(await builder.buildDockerfile({ context: address("/Dockerfile") })))).toEqual(["f"]);
});

test("the files of a second fetch are found in the cache", async () => {
  const build = (): Promise<BuildResult> => builder.buildDockerfile({ context: { files: FILES } });
  const first = await build();
  const second = await build();
  expect(second.image).toEqual(first.image);
  expect(second.steps.every(({ cached }) => cached)).toBe(true);
});

test.each<[string, DockerfileOptions, string]>([
  ["a path outside", { context: { files: { "../x": "" } } }, "PATH_INVALID"],
  ["an address that is not there", { context: "http://127.0.0.1:1/none" }, "DOWNLOAD_FAILED"],
  ["a layout that is not there", { namedContexts: { x: "oci-layout:///none" } }, "NOT_FOUND"],
])("refuses %s", async (_, options, code) => {
  const building = builder.buildDockerfile({ dockerfileText: "FROM scratch\n", ...options });
  await expect(building).rejects.toMatchObject({ code });
  expect(readdirSync(join(builder.store.root, "ingest"))).toEqual([]);
});

test.each(["", ":v1"])("an image of an OCI layout is a base: %j", async (tag) => {
  const layout = join(folder, "layout");
  const output = [toLayout(layout, tag === "" ? "latest" : "v1")];
  await builder.buildDockerfile({ dockerfileText: "FROM scratch\nCOPY <<x /base\nhi\nx\n", output });
  const other = await createBuilder({ root: join(folder, "other") });
  try {
    const dockerfileText = "FROM app\nCOPY --from=app /base /copy\n";
    const namedContexts = { app: `oci-layout://${layout}${tag}` };
    const { image } = await other.buildDockerfile({ dockerfileText, namedContexts, pull: true });
    const tree = openTree(other.store, (await readImage(other.store, image)).layers);
    expect(namesIn(tree)).toEqual(["base", "copy"]);
    expect(await other.store.list()).toEqual([]);
  } finally {
    await other.close();
  }
});

describe("SOURCE_DATE_EPOCH by name", () => {
  const created = async (options: DockerfileOptions): Promise<number> =>
    Date.parse((await builder.buildDockerfile(options)).config.created ?? "") / 1000;
  beforeEach(() => {
    served = { "/context.tar": tarOf(FILES) };
  });

  test.each<[string, () => DockerfileOptions]>([
    ["the context", () => ({ context: address("/context.tar"), buildArgs: { SOURCE_DATE_EPOCH: "context" } })],
    [
      "a named context",
      () => ({
        dockerfileText: "ARG SOURCE_DATE_EPOCH=other\nFROM scratch\n",
        namedContexts: { other: address("/context.tar") },
      }),
    ],
    [
      "a stage",
      () => ({
        dockerfileText: `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD ${address("/context.tar")} /\nFROM scratch\n`,
      }),
    ],
  ])("is the time of %s", async (_, options) => {
    expect(await created(options())).toBe(TIME);
  });

  test("is not set by a context without a time, and not by a stage that does more", async () => {
    expect(await created({ context: { files: FILES }, buildArgs: { SOURCE_DATE_EPOCH: "context" } })).toBe(0);
    const dockerfileText = "ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nCOPY a /\nFROM scratch\n";
    await expect(created({ dockerfileText })).rejects.toThrow(/source-only requirements/);
  });
});

const hasGitDaemon = spawnSync("git", ["daemon", "--help"]).status === 0;

describe.skipIf(!hasGitDaemon)("a git repository (needs git daemon)", () => {
  test("is a build context, with the commit's time for an epoch", async () => {
    const work = join(folder, "git", "repo");
    const env = { ...process.env, GIT_COMMITTER_DATE: `${TIME} +0000` };
    const git = (...args: string[]): void => {
      const author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
      const { status, stderr } = spawnSync("git", [...author, "-C", work, ...args], { encoding: "utf8", env });
      if (status !== 0) throw new Error(stderr);
    };
    mkdirSync(join(work, "sub"), { recursive: true });
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(work, "sub", name), content);
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "-m", "one");
    const port = await freePort();
    const options = ["--reuseaddr", "--export-all", `--base-path=${join(folder, "git")}`, "--listen=127.0.0.1"];
    const daemon = spawn("git", ["daemon", ...options, `--port=${port}`], { stdio: "ignore", detached: true });
    try {
      await reachable(port);
      const context = `git://127.0.0.1:${port}/repo#main:sub`;
      const result = await builder.buildDockerfile({ context, buildArgs: { SOURCE_DATE_EPOCH: "context" } });
      expect(namesIn(await treeOf(result))).toEqual(["a"]);
      expect(Date.parse(result.config.created ?? "")).toBe(TIME * 1000);
      expect(readdirSync(join(builder.store.root, "ingest"))).toEqual([]);
    } finally {
      process.kill(-(daemon.pid ?? 0), "SIGTERM");
    }
  });
});

async function freePort(): Promise<number> {
  const probe = createTcpServer();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (spawnSync("git", ["ls-remote", `git://127.0.0.1:${port}/repo`]).status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
