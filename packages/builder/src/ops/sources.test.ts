import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, extendImage, openLayout, openTree, readImage, scratch, type Tree, writeLayer } from "@tsbuild/oci";
import { createRegistryClient } from "@tsbuild/registry-client";
import { createTestRegistry, type TestRegistry } from "@tsbuild/registry-client/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Builder, BuildResult } from "../builder.ts";
import { createBuilder } from "../create-builder.ts";
import { toLayout } from "../export/to-layout.ts";
import { toRegistry } from "../export/to-registry.ts";

let folder: string;
let builder: Builder;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-sources-"));
  builder = await createBuilder({ root: join(folder, "store") });
});
afterEach(async () => {
  await builder.close();
  rmSync(folder, { recursive: true, force: true });
});

async function treeOf({ image }: BuildResult): Promise<Tree> {
  return openTree(builder.store, (await readImage(builder.store, image)).layers);
}

function text(tree: Tree, path: string): string {
  return Buffer.from(tree.readFile(path) ?? []).toString();
}

function cachedSteps({ steps }: BuildResult): number {
  return steps.filter(({ cached }) => cached).length;
}

describe("ADD of a URL", () => {
  let server: Server;
  let content = "downloaded";
  let status: number[] = [];
  const modified = new Date(1_600_000_000_000).toUTCString();

  beforeEach(async () => {
    content = "downloaded";
    status = [];
    server = createServer(({ headers, url }, response) => {
      const etag = `"${digestOf(content)}"`;
      const code = url !== "/dir/file.txt" ? 404 : headers["if-none-match"] === etag ? 304 : 200;
      status.push(code);
      response.writeHead(code, { etag, "last-modified": modified }).end(code === 200 ? content : "");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterEach(() => server.close());

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const build = (line: string): Promise<BuildResult> =>
    builder.buildDockerfile({ dockerfileText: `FROM scratch\n${line}\n` });

  test("keeps mode 0600 and the server's time, and asks again only whether it changed", async () => {
    const line = `ADD ${url()}/dir/file.txt /got/`;
    const first = await build(line);
    const tree = await treeOf(first);
    expect(text(tree, "got/file.txt")).toBe("downloaded");
    expect(tree.lstat("got/file.txt")).toMatchObject({ mode: 0o600, mtime: 1_600_000_000 });
    expect((await build(line)).image).toEqual(first.image);
    content = "changed";
    expect(text(await treeOf(await build(line)), "got/file.txt")).toBe("changed");
    expect(status).toEqual([200, 304, 200, 200]);
  });

  test("--checksum is checked, and then the server is not asked again", async () => {
    const line = `ADD --checksum=${digestOf("downloaded")} ${url()}/dir/file.txt /f`;
    await build(line);
    const asked = status.length;
    await build(line);
    expect(status).toHaveLength(asked);
    const wrong = build(`ADD --checksum=${digestOf("other")} ${url()}/dir/file.txt /f`);
    await expect(wrong).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  test("what is not there is said", async () => {
    await expect(build(`ADD ${url()}/none /f`)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(readdirSync(join(builder.store.root, "ingest"))).toEqual([]);
  });
});

const hasGitDaemon = spawnSync("git", ["daemon", "--help"]).status === 0;

describe.skipIf(!hasGitDaemon)("ADD of a git repository (needs git daemon)", () => {
  test("fetches one commit, and again only when the branch moved", async () => {
    const work = join(folder, "git", "repo");
    const git = (...args: string[]): void => {
      const author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
      const { status, stderr } = spawnSync("git", [...author, "-C", work, ...args], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    };
    mkdirSync(join(work, "sub"), { recursive: true });
    writeFileSync(join(work, "sub", "f"), "one");
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "-m", "one", "--date", "2020-01-01T00:00:00Z");
    const port = await freePort();
    const options = ["--reuseaddr", "--export-all", `--base-path=${join(folder, "git")}`, "--listen=127.0.0.1"];
    const daemon = spawn("git", ["daemon", ...options, `--port=${port}`], { stdio: "ignore", detached: true });
    try {
      await reachable(port);
      const dockerfileText = `FROM scratch\nADD git://127.0.0.1:${port}/repo#main:sub /src\n`;
      const first = await builder.buildDockerfile({ dockerfileText });
      expect(text(await treeOf(first), "src/f")).toBe("one");
      expect(cachedSteps(await builder.buildDockerfile({ dockerfileText }))).toBe(2);
      writeFileSync(join(work, "sub", "f"), "two");
      git("commit", "--quiet", "-am", "two");
      expect(text(await treeOf(await builder.buildDockerfile({ dockerfileText })), "src/f")).toBe("two");
      expect(readdirSync(join(builder.store.root, "ingest"))).toEqual([]);
    } finally {
      process.kill(-(daemon.pid ?? 0), "SIGTERM");
    }
  });

  test("takes no files of the host", async () => {
    const building = builder.buildDockerfile({ dockerfileText: "FROM scratch\nADD file:///etc/x.git /src\n" });
    await expect(building).rejects.toThrow();
  });
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = spawnSync("git", ["ls-remote", `git://127.0.0.1:${port}/repo`]);
    if (status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("base images of a registry", () => {
  let registry: TestRegistry;
  beforeEach(async () => {
    registry = await createTestRegistry();
  });
  afterEach(() => registry.close());

  /** Pushes a base image and gives its reference. */
  async function base(content: string): Promise<string> {
    const other = await createBuilder({ root: join(folder, `base-${content}`) });
    try {
      const { store } = other;
      const layer = await writeLayer(store, [{ path: "etc/base", content }], { compression: "gzip" });
      const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer], config: { Env: ["A=base"] } });
      const reference = `${registry.host}/lib/base:1`;
      const client = createRegistryClient();
      await toRegistry(reference).export({ image: image.descriptor, store, tags: [], registry: client });
      await client.close();
      return reference;
    } finally {
      await other.close();
    }
  }

  test("stay where they are until a step needs their files", async () => {
    const reference = await base("one");
    const result = await builder.buildDockerfile({
      dockerfileText: `FROM ${reference}\nENV B=2\nCOPY --link <<X /x\nx\nX\n`,
    });
    const [layer] = (await readImage(builder.store, result.image)).layers;
    expect(layer !== undefined && builder.store.has(layer.descriptor.digest)).toBe(false);
    expect(result.config.config?.Env).toEqual(expect.arrayContaining(["A=base", "B=2"]));
    await builder.buildDockerfile({
      dockerfileText: `FROM ${reference}\nCOPY <<X /etc/y\ny\nX\n`,
      output: [toRegistry(`${registry.host}/me/app:1`), toLayout(join(folder, "layout"), "app")],
    });
    expect(layer !== undefined && builder.store.has(layer.descriptor.digest)).toBe(true);
  });

  test("go from registry to layout without passing through a step", async () => {
    const reference = await base("one");
    const { image } = await builder.buildDockerfile({
      dockerfileText: `FROM ${reference}\nLABEL a=b\n`,
      output: [toLayout(join(folder, "layout"), "app")],
    });
    const layout = await openLayout(join(folder, "layout"));
    const copied = await readImage(layout, "app");
    expect(copied.descriptor.digest).toBe(image.digest);
    expect(await layout.exists(copied.layers[0]?.descriptor ?? copied.descriptor)).toBe(true);
  });

  test("are taken from the store, and asked for again with pull", async () => {
    const reference = await base("one");
    const dockerfileText = `FROM ${reference}\nLABEL a=b\n`;
    const first = await builder.buildDockerfile({ dockerfileText });
    await base("two");
    expect((await builder.buildDockerfile({ dockerfileText })).image).toEqual(first.image);
    expect((await builder.buildDockerfile({ dockerfileText, pull: true })).image).not.toEqual(first.image);
  });

  test("missing ones are an error that names them", async () => {
    const building = builder.buildDockerfile({ dockerfileText: `FROM ${registry.host}/no/such:1\nLABEL a=b\n` });
    await expect(building).rejects.toMatchObject({ message: expect.stringContaining("no/such") });
  });
});
