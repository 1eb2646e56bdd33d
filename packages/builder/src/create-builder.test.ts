import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  extendImage,
  type LocalStore,
  openStore,
  openTree,
  readImage,
  scratch,
  type Tree,
  writeLayer,
} from "@tsbuild/oci";
import { createRuntime } from "@tsbuild/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Builder, BuildResult, DockerfileOptions } from "./builder.ts";
import { createBuilder } from "./create-builder.ts";
import type { BuildEvent } from "./event.ts";
import { local, scratch as nothing } from "./graph/state.ts";
import { runInImage } from "./run-in-image.ts";
import { BUSYBOX } from "./testing/busybox.ts";

const canRun = process.platform === "linux" && BUSYBOX !== undefined;

let folder: string;
let context: string;
let store: LocalStore;
let builder: Builder;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-builder-"));
  context = join(folder, "context");
  mkdirSync(context);
  store = await openStore(join(folder, "store"));
  builder = await createBuilder({ store });
});

afterEach(async () => {
  // Unpacked files of other users are the runtime's to remove, for an ordinary user.
  await builder.prune({ all: true });
  await builder.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes files of the context, long enough ago that their metadata are trusted where ctime allows it. */
function files(entries: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(entries)) {
    const path = join(context, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  }
}

function build(dockerfileText: string, options: Partial<DockerfileOptions> = {}): Promise<BuildResult> {
  return builder.buildDockerfile({ context, dockerfileText, ...options });
}

async function treeOf(result: BuildResult): Promise<Tree> {
  return openTree(store, (await readImage(store, result.image)).layers);
}

function listing(tree: Tree): readonly string[] {
  return [...tree.walk("")]
    .filter(({ path }) => path !== "")
    .map(({ path, type }) => `${path}${type === "directory" ? "/" : ""}`);
}

function text(tree: Tree, path: string): string {
  return Buffer.from(tree.readFile(path) ?? []).toString();
}

/** The names of the steps that ran. */
function ran({ steps }: BuildResult): readonly string[] {
  return steps.filter(({ cached }) => !cached).map(({ name }) => name.replace(/^\[[^\]]*\] /, ""));
}

/** A base image with a shell, under the name busybox. */
async function busybox(): Promise<void> {
  const links = ["sh", "cat", "echo", "ls", "id", "mkdir", "rm", "sleep", "touch", "true"];
  const layer = await writeLayer(store, [
    { path: "bin/busybox", mode: 0o755, content: { file: BUSYBOX ?? "" } },
    ...links.map((name) => ({ path: `bin/${name}`, type: "symlink" as const, linkTarget: "busybox" })),
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\nnode:x:1001:\n" },
    { path: "tmp", type: "directory", mode: 0o1777 },
  ]);
  const config = { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] };
  const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer], config });
  await store.tag(image.descriptor, "busybox:latest");
}

/** What a build must not leave behind. */
function leftovers(): readonly string[] {
  return readdirSync(join(store.root, "ingest"));
}

describe("without RUN, and so without privilege", () => {
  test("COPY makes an image of files", async () => {
    files({ "app/main.js": "main", "app/lib/util.js": "util", "readme.md": "read me" });
    const result = await build('FROM scratch\nWORKDIR /srv\nCOPY app/ ./\nCOPY *.md /doc/\nCMD ["main.js"]\n');
    const tree = await treeOf(result);
    expect(listing(tree)).toEqual(["doc/", "doc/readme.md", "srv/", "srv/lib/", "srv/lib/util.js", "srv/main.js"]);
    expect(text(tree, "srv/main.js")).toBe("main");
    expect(tree.lstat("srv/main.js")).toMatchObject({ uid: 0, gid: 0, mtime: 1_700_000_000 });
    expect(result.config.config).toMatchObject({ WorkingDir: "/srv", Cmd: ["main.js"] });
    expect(result.config.rootfs.diff_ids).toHaveLength(3);
    expect(result.config.history?.filter(({ empty_layer }) => empty_layer !== true)).toHaveLength(3);
    expect(leftovers()).toEqual([]);
  });

  test("the same inputs give the same digest in another store", async () => {
    files({ "a/x": "x", "a/y/z": "z" });
    const dockerfile = "FROM scratch\nCOPY a /opt/a\nCOPY <<EOF /etc/motd\nhello\nEOF\nLABEL a=b\n";
    const first = await build(dockerfile);
    const other = await createBuilder({ root: join(folder, "other") });
    try {
      const second = await other.buildDockerfile({ context, dockerfileText: dockerfile });
      expect(second.image.digest).toBe(first.image.digest);
      expect(ran(second)).not.toEqual([]);
    } finally {
      await other.close();
    }
  });

  test("an epoch is the time of all that the build writes", async () => {
    files({ x: "x" });
    const result = await build("FROM scratch\nCOPY x /d/x\n", { epoch: 1000 });
    const tree = await treeOf(result);
    expect([tree.lstat("d")?.mtime, tree.lstat("d/x")?.mtime]).toEqual([1000, 1000]);
    expect(result.config.created).toBe("1970-01-01T00:16:40Z");
    expect(result.config.history?.map(({ created }) => created)).toEqual(["1970-01-01T00:16:40Z"]);
  });

  test("COPY --from takes files of another stage with their owners", async () => {
    files({ "in/a": "1", "in/b": "2" });
    const result = await build(
      "FROM scratch AS one\nCOPY --chown=5:6 --chmod=640 in /in\nFROM scratch\nCOPY --from=one /in/a /a\nCOPY --from=0 --chown=7 /in/b /b\n",
    );
    const tree = await treeOf(result);
    expect(tree.lstat("a")).toMatchObject({ uid: 5, gid: 6, mode: 0o640 });
    expect(tree.lstat("b")).toMatchObject({ uid: 7, gid: 7, mode: 0o640 });
    expect(result.config.rootfs.diff_ids).toHaveLength(2);
  });

  test("COPY --link goes on top of anything", async () => {
    files({ a: "a", b: "b" });
    const dockerfile = (first: string): string => `FROM scratch\nCOPY ${first} /x\nCOPY --link b /y\n`;
    await build(dockerfile("a"));
    const second = await build(dockerfile("b"));
    expect(ran(second).some((name) => name.startsWith("COPY --link") && !name.includes("/x"))).toBe(false);
    expect(listing(await treeOf(second))).toEqual(["x", "y"]);
  });

  test("an image without layers", async () => {
    const result = await build('FROM scratch\nENV A=1\nCMD ["/x"]\n');
    expect(result.config).toMatchObject({ rootfs: { diff_ids: [] }, config: { Cmd: ["/x"] } });
  });

  test("ADD unpacks archives by their content", async () => {
    files({ "src/dir/a": "aa", "src/b": "bb" });
    spawnSync("tar", ["-czf", join(context, "archive.bin"), "-C", join(context, "src"), "."]);
    writeFileSync(join(context, "plain.gz"), "this is no archive");
    const tree = await treeOf(
      await build("FROM scratch\nADD archive.bin /opt/\nADD plain.gz /opt/\nCOPY archive.bin /raw\n"),
    );
    expect(listing(tree)).toEqual(["opt/", "opt/b", "opt/dir/", "opt/dir/a", "opt/plain.gz", "raw"]);
    expect(text(tree, "opt/dir/a")).toBe("aa");
    expect(leftovers()).toEqual([]);
  });

  test("a state builds as a Dockerfile does", async () => {
    files({ "a.txt": "a", "b.log": "b" });
    const state = nothing()
      .workdir("/app")
      .copy(local(context, { exclude: ["*.log"] }), ".", "/app/")
      .env({ A: "1" });
    const result = await builder.build(state, { tags: ["state:1"] });
    expect(listing(await treeOf(result))).toEqual(["app/", "app/a.txt"]);
    expect(await store.resolve("state:1")).toMatchObject({ digest: result.image.digest });
  });
});

describe("the cache", () => {
  const DOCKERFILE = "FROM scratch\nCOPY one /one\nCOPY two /two\nWORKDIR /w\n";

  test("answers every step of a second build", async () => {
    files({ one: "1", two: "2" });
    const first = await build(DOCKERFILE);
    const second = await build(DOCKERFILE);
    expect(ran(second)).toEqual([]);
    expect(second.image).toEqual(first.image);
  });

  test.each([
    { change: "content of a file", edit: () => files({ two: "3" }), runs: ["COPY two /two", "WORKDIR /w"] },
    { change: "a file that nothing copies", edit: () => files({ three: "3" }), runs: [] },
    { change: "times only", edit: () => utimesSync(join(context, "one"), 1, 1), runs: [] },
    {
      change: "the same bytes written again",
      edit: () => writeFileSync(join(context, "one"), "1"),
      runs: [],
    },
  ])("$change", async ({ edit, runs }) => {
    files({ one: "1", two: "2" });
    await build(DOCKERFILE);
    edit();
    expect(ran(await build(DOCKERFILE))).toEqual(runs);
  });

  test("--no-cache runs everything and gives the same image", async () => {
    files({ one: "1", two: "2" });
    const first = await build(DOCKERFILE);
    const second = await build(DOCKERFILE, { noCache: true });
    expect(ran(second)).toEqual(["COPY one /one", "COPY two /two", "WORKDIR /w"]);
    expect(second.image).toEqual(first.image);
  });

  test("prune removes records and what only they kept", async () => {
    files({ one: "1", two: "2" });
    await build(DOCKERFILE, { tags: ["kept:1"] });
    await build("FROM scratch\nCOPY . /all\n");
    const { freedBytes } = await builder.prune({ all: true });
    expect(freedBytes).toBeGreaterThan(0);
    expect(ran(await build(DOCKERFILE))).toHaveLength(3);
    expect((await readImage(store, "kept:1")).layers.every(({ diffId }) => store.has(diffId))).toBe(true);
  });
});

describe(".dockerignore", () => {
  test("leaves files out, but for what is taken back in", async () => {
    files({ "a.log": "", "keep.log": "", "dist/x": "", "dist/y": "", "src/b.log": "", "src/c": "" });
    files({ ".dockerignore": "# comment\n**/*.log\n!keep.log\n/dist\n!dist/y\n.dockerignore\n" });
    const tree = await treeOf(await build("FROM scratch\nCOPY . /\n"));
    expect(listing(tree)).toEqual(["dist/", "dist/y", "keep.log", "src/", "src/c"]);
  });

  test("NAME.dockerignore wins over it", async () => {
    files({ a: "", b: "", ".dockerignore": "a\n", "docker/web.dockerfile": "FROM scratch\nCOPY . /\n" });
    files({ "docker/web.dockerfile.dockerignore": "b\ndocker\n.dockerignore\n" });
    const result = await builder.buildDockerfile({ context, dockerfile: "docker/web.dockerfile" });
    expect(listing(await treeOf(result))).toEqual(["a"]);
  });

  test("is named where it hides a source", async () => {
    files({ "dist/x": "", ".dockerignore": "\n# built files\ndist\n" });
    await expect(build("FROM scratch\nCOPY dist/x /\n")).rejects.toMatchObject({
      code: "SOURCE_NOT_FOUND",
      hint: expect.stringContaining('.dockerignore:3 "dist"'),
      range: { start: { line: 2 } },
    });
  });
});

describe("mistakes", () => {
  test.each([
    { what: "a missing source", dockerfile: "COPY maim.js /", code: "SOURCE_NOT_FOUND", hint: '"main.js"' },
    { what: "a missing folder", dockerfile: "COPY apq/x /", code: "SOURCE_NOT_FOUND", hint: '"app"' },
    {
      what: "a file over a folder",
      dockerfile: "COPY app /x/f\nCOPY main.js /x/\nCOPY app /x/main.js",
      code: "NOT_A_DIRECTORY",
      hint: "",
    },
    { what: "a malformed mode", dockerfile: "COPY --chmod=u+q main.js /", code: undefined, hint: "" },
  ])("$what", async ({ dockerfile, code, hint }) => {
    files({ "main.js": "", "app/x": "" });
    const error: unknown = await build(`FROM scratch\n${dockerfile}\n`).catch((e: unknown) => e);
    expect(error).toMatchObject(code === undefined ? { message: expect.any(String) } : { code });
    if (hint !== "") expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
    expect(leftovers()).toEqual([]);
  });

  test("no Dockerfile", async () => {
    await expect(builder.buildDockerfile({ context })).rejects.toMatchObject({ code: "DOCKERFILE_NOT_FOUND" });
  });

  test("an abort leaves nothing behind", async () => {
    files(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`many/${index}`, "x".repeat(1000)])));
    const controller = new AbortController();
    const onEvent = (event: BuildEvent): void => {
      if (event.type === "vertex.started" && event.name.includes("COPY")) controller.abort(new Error("enough"));
    };
    const aborted = build("FROM scratch\nCOPY many /many\n", { signal: controller.signal, onEvent });
    await expect(aborted).rejects.toThrow("enough");
    expect(leftovers()).toEqual([]);
    expect(ran(await build("FROM scratch\nCOPY many /many\n"))).toHaveLength(1);
  });
});

describe.skipIf(!canRun)("with RUN (needs Linux and a static busybox)", () => {
  beforeEach(busybox);

  test("commands change files, see mounts and secrets, and are cached", async () => {
    files({ "in.txt": "from the context" });
    const dockerfile = [
      "FROM busybox",
      "RUN echo hello > /hello && mkdir /tmp/made",
      "RUN --mount=type=bind,target=/ctx --mount=type=secret,id=key cat /ctx/in.txt /run/secrets/key > /seen && touch /ctx/x 2>/dev/null || true",
      "COPY --chown=node in.txt /home/node/",
      "USER node",
      "RUN id > /tmp/who && rm -f /tmp/gone",
    ].join("\n");
    const secrets = { key: " and a secret" };
    const result = await build(dockerfile, { secrets });
    const tree = await treeOf(result);
    expect(text(tree, "hello")).toBe("hello\n");
    expect(text(tree, "seen")).toBe("from the context and a secret");
    expect(text(tree, "tmp/who")).toContain("uid=1000(node) gid=1001(node)");
    expect(tree.lstat("home/node/in.txt")).toMatchObject({ uid: 1000, gid: 1001 });
    expect(tree.lstat("tmp")).toMatchObject({ mode: 0o1777 });
    expect(listing(tree).filter((path) => /ctx|secrets/.test(path))).toEqual([]);
    expect(existsSync(join(context, "x"))).toBe(false);
    expect(ran(await build(dockerfile, { secrets: { key: "another" } }))).toEqual([]);
    files({ "in.txt": "changed" });
    expect(ran(await build(dockerfile, { secrets }))).toHaveLength(3);
    expect(leftovers()).toEqual([]);
  });

  test("a failing command says how it ended", async () => {
    const failing = build("FROM busybox\n\nRUN echo one; echo two >&2; \\\n  exit 7\n");
    await expect(failing).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      exitCode: 7,
      logTail: expect.arrayContaining(["one", "two"]),
      message: expect.stringContaining("exit code: 7"),
      range: { start: { line: 3 } },
    });
    expect(leftovers()).toEqual([]);
  });

  test("steps that change nothing can stand on each other", async () => {
    const result = await build("FROM busybox\nRUN true\nRUN echo a > /a\nRUN true\nWORKDIR /tmp\nRUN true && ls /a\n");
    expect(listing(await treeOf(result))).toContain("a");
    expect(result.config.rootfs.diff_ids).toHaveLength(6);
  });

  test("a cache mount lives on", async () => {
    const dockerfile = "FROM busybox\nRUN --mount=type=cache,target=/c echo x >> /c/log && cat /c/log > /copy\n";
    await build(dockerfile);
    const second = await build(dockerfile, { noCache: true });
    expect(text(await treeOf(second), "copy")).toBe("x\nx\n");
    expect(listing(await treeOf(second)).filter((path) => path.startsWith("c/"))).toEqual([]);
  });

  test("an abort ends the command", async () => {
    const controller = new AbortController();
    const onEvent = (event: BuildEvent): void => {
      if (event.type === "vertex.log") controller.abort(new Error("stop"));
    };
    const running = build("FROM busybox\nRUN echo started; sleep 600\n", { signal: controller.signal, onEvent });
    await expect(running).rejects.toThrow("stop");
    expect(leftovers()).toEqual([]);
  });

  test("an image runs as its config says", async () => {
    const result = await build(
      'FROM busybox\nENV GREETING=hello\nENTRYPOINT ["/bin/sh", "-c", "echo $GREETING; exit 4"]\n',
    );
    const runtime = await createRuntime({ root: store.folder("snapshots"), store });
    try {
      const image = await readImage(store, result.image);
      const execution = await runInImage({ store, runtime, image });
      let output = "";
      for await (const chunk of execution.stdout) output += Buffer.from(chunk).toString();
      expect(output).toBe("hello\n");
      expect(await execution.exited).toMatchObject({ exitCode: 4 });
    } finally {
      await runtime.close();
    }
  });
});
