import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Digest,
  type Layer,
  type LocalStore,
  MEDIA_TYPE,
  openStore,
  openTree,
  type Tree,
  writeLayer,
} from "@tsbuild/oci";
import { pack as createPack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileAction } from "../graph/op.ts";
import type { ContextInput, FileInput, FileTask } from "./file-task.ts";
import { runFileTask } from "./run-file-task.ts";
import type { CopyAction } from "./select.ts";

let folder: string;
let store: LocalStore;
let context: ContextInput;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-files-"));
  store = await openStore(join(folder, "store"));
  const directory = join(folder, "context");
  mkdirSync(directory);
  context = { type: "context", title: "the context", directory, statCacheFile: join(folder, "stat") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text = name, mode = 0o644): void {
  const path = join(context.directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  utimesSync(path, 1_600_000_000, 1_600_000_000);
}

function copy(sources: string | readonly string[], destination: string, options: Partial<CopyAction> = {}): CopyAction {
  const list = typeof sources === "string" ? [sources] : sources;
  return {
    type: "copy",
    input: 0,
    sources: list,
    destination,
    parents: false,
    exclude: [],
    unpack: "never",
    ...options,
  };
}

interface Request {
  readonly base?: readonly Layer[];
  readonly input?: FileInput;
  readonly epoch?: number;
}

/** Runs the actions and gives the new layer, and what the tree with it looks like. */
async function run(actions: readonly FileAction[], { base = [], input = context, epoch }: Request = {}) {
  const layerPath = store.temporaryPath();
  const task: FileTask = {
    ...{ storeRoot: store.root, inputs: [input], base, actions, epoch, layerPath },
    ...{ spoolPath: store.temporaryPath(), want: "layer" },
  };
  const { layer } = await runFileTask(store, task, new Map());
  const { diffId, size } = layer as { diffId: Digest; size: number };
  await store.adopt(layerPath, diffId);
  const made: Layer = { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
  return { layer: made, own: openTree(store, [made]), tree: openTree(store, [...base, made]) };
}

async function checksum(action: CopyAction): Promise<Digest | undefined> {
  const task: FileTask = {
    ...{ storeRoot: store.root, inputs: [context], base: undefined, actions: [action], epoch: undefined },
    ...{ layerPath: "", spoolPath: "", want: "checksums" },
  };
  return (await runFileTask(store, task, new Map())).checksums[0];
}

function show(tree: Tree): readonly string[] {
  return [...tree.walk("")]
    .filter(({ path }) => path !== "")
    .map(({ path, type, linkName }) =>
      type === "directory" ? `${path}/` : type === "symlink" ? `${path} -> ${linkName}` : path,
    );
}

describe("destinations, as in BuildKit", () => {
  let base: readonly Layer[];
  beforeEach(async () => {
    write("file");
    write("dir/a");
    write("dir/sub/b");
    base = [
      await writeLayer(store, [
        { path: "have", type: "directory", mode: 0o700, uid: 3, gid: 4 },
        { path: "have/sub", type: "directory", mode: 0o711 },
        { path: "plain", content: "old" },
        { path: "link", type: "symlink", linkTarget: "/have" },
        { path: "out", type: "symlink", linkTarget: "../../../have" },
        { path: "loose", type: "symlink", linkTarget: "missing/place" },
      ]),
    ];
  });

  test.each([
    { what: "a new name", from: "file", to: "/new", gives: ["new"] },
    { what: "a new folder", from: "file", to: "/new/", gives: ["new/", "new/file"] },
    { what: "missing parents", from: "file", to: "/x/y/z", gives: ["x/", "x/y/", "x/y/z"] },
    { what: "an existing folder", from: "file", to: "/have", gives: ["have/", "have/file"] },
    { what: "a file's place", from: "file", to: "/plain", gives: ["plain"] },
    { what: "a link to a folder", from: "file", to: "/link", gives: ["have/", "have/file"] },
    { what: "a link to a folder, with a slash", from: "file", to: "/link/", gives: ["have/", "have/file"] },
    { what: "a link on the way", from: "file", to: "/link/sub/f", gives: ["have/", "have/sub/", "have/sub/f"] },
    { what: "a link out of the root", from: "file", to: "/out/", gives: ["have/", "have/file"] },
    { what: "a link to nowhere", from: "file", to: "/loose", gives: ["missing/", "missing/place"] },
    {
      what: "a folder's content to a new name",
      from: "dir",
      to: "/new",
      gives: ["new/", "new/a", "new/sub/", "new/sub/b"],
    },
    {
      what: "a folder's content to a folder",
      from: "dir/",
      to: "/have/",
      gives: ["have/", "have/a", "have/sub/", "have/sub/b"],
    },
    { what: "everything to the root", from: ".", to: "/", gives: ["dir/", "dir/a", "dir/sub/", "dir/sub/b", "file"] },
    { what: "a file to the root", from: "dir/a", to: "/", gives: ["a"] },
    { what: "dots in the source", from: "../dir/../file", to: "/f", gives: ["f"] },
  ])("$what", async ({ from, to, gives }) => {
    expect(show((await run([copy(from, to)], { base })).own)).toEqual(gives);
  });

  test("the folder copied into keeps its attributes, those below take the source's", async () => {
    const { own } = await run([copy("dir", "/have")], { base });
    expect(own.lstat("have")).toMatchObject({ mode: 0o700, uid: 3, gid: 4 });
    expect(own.lstat("have/sub")).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  });

  test.each([
    { what: "a folder over a file", actions: [copy("dir", "/plain")], code: "NOT_A_DIRECTORY" },
    { what: "a file below a file", actions: [copy("file", "/plain/x")], code: "NOT_A_DIRECTORY" },
    {
      what: "a file over a folder",
      actions: [copy("file", "/have/sub/"), copy("dir", "/have/sub/file")],
      code: "NOT_A_DIRECTORY",
    },
    {
      what: "a nested folder over a link",
      actions: [copy("dir", "/have2"), copy("file", "/have2/sub/b/")],
      code: "NOT_A_DIRECTORY",
    },
    { what: "nothing there", actions: [copy("none", "/x")], code: "SOURCE_NOT_FOUND" },
  ])("$what is refused", async ({ actions, code }) => {
    await expect(run(actions, { base })).rejects.toMatchObject({ code });
  });

  test("WORKDIR makes what is missing, for its user", async () => {
    const { own } = await run([{ type: "mkdir", path: "/have/w/x", mode: 0o755, owner: "8:9" }], { base });
    expect(show(own)).toEqual(["have/", "have/w/", "have/w/x/"]);
    expect(own.lstat("have/w")).toMatchObject({ uid: 8, gid: 9, mode: 0o755 });
    expect(show((await run([{ type: "mkdir", path: "/link/sub", mode: 0o755 }], { base })).own)).toEqual([]);
  });
});

describe("sources", () => {
  test.each([
    { sources: "*.txt", gives: ["a.txt", "b.txt"] },
    { sources: "?.md", gives: ["c.md"] },
    { sources: "[ab].txt", gives: ["a.txt", "b.txt"] },
    { sources: "d*", gives: ["e.txt", "sub/", "sub/f.txt"] },
    { sources: "*/*.txt", gives: ["e.txt"] },
    { sources: "d/*", gives: ["e.txt", "f.txt"] },
    { sources: ["c.md", "d/sub"], gives: ["c.md", "f.txt"] },
    { sources: "*.none", gives: [] },
    { sources: "\\*.txt", gives: ["*.txt"] },
  ])("$sources", async ({ sources, gives }) => {
    for (const name of ["a.txt", "b.txt", "c.md", "d/e.txt", "d/sub/f.txt"]) write(name);
    if (gives.includes("*.txt")) write("*.txt");
    const { own } = await run([copy(sources, "/o/")]);
    expect(
      show(own)
        .map((path) => path.slice(2))
        .filter((path) => path !== ""),
    ).toEqual(gives);
  });

  test("--exclude leaves out", async () => {
    for (const name of ["a.txt", "b.md", "d/c.txt", "d/e.md"]) write(name);
    const { own } = await run([copy(".", "/", { exclude: ["**/*.txt"] })]);
    expect(show(own)).toEqual(["b.md", "d/", "d/e.md"]);
  });

  test.each([
    { sources: ["x/a/1", "x/b"], gives: ["o/", "o/x/", "o/x/a/", "o/x/a/1", "o/x/b/", "o/x/b/2"] },
    { sources: ["x/./a/1"], gives: ["o/", "o/a/", "o/a/1"] },
    { sources: ["x/*/2"], gives: ["o/", "o/x/", "o/x/b/", "o/x/b/2"] },
    { sources: ["**/1"], gives: ["o/", "o/x/", "o/x/a/", "o/x/a/1"] },
  ])("--parents $sources", async ({ sources, gives }) => {
    for (const name of ["x/a/1", "x/b/2", "y"]) write(name);
    expect(show((await run([copy(sources, "/o/", { parents: true })])).own)).toEqual(gives);
  });

  test("a final link is followed, links inside are kept, none leads out", async () => {
    write("real/f", "f");
    symlinkSync("real", join(context.directory, "alias"));
    symlinkSync("f", join(context.directory, "real/inner"));
    symlinkSync("../../../../etc/passwd", join(context.directory, "escape"));
    const { own } = await run([copy("alias", "/d"), copy("alias/f", "/f")]);
    expect(show(own)).toEqual(["d/", "d/f", "d/inner -> f", "f"]);
    await expect(run([copy("escape", "/p")])).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });

  test("hard links stay together", async () => {
    write("d/a", "same");
    linkSync(join(context.directory, "d/a"), join(context.directory, "d/b"));
    const { own } = await run([copy("d", "/d")]);
    expect(own.lstat("d/a")?.linkGroup).toBeDefined();
    expect(own.lstat("d/a")?.linkGroup).toBe(own.lstat("d/b")?.linkGroup);
  });

  test("files of a tree keep owner, mode and attributes; --chown and --chmod win", async () => {
    const xattrs = new Map([["user.note", Buffer.from("x")]]);
    const layer = await writeLayer(store, [
      { path: "bin/tool", mode: 0o4755, uid: 1, gid: 2, content: "tool", xattrs },
    ]);
    const input: FileInput = { type: "layers", title: "the stage", layers: [layer] };
    const kept = (await run([copy("bin", "/b")], { input })).own.lstat("b/tool");
    expect(kept).toMatchObject({ mode: 0o4755, uid: 1, gid: 2 });
    expect(Buffer.from(kept?.xattrs?.get("user.note") ?? []).toString()).toBe("x");
    const changed = await run([copy("bin/tool", "/t", { owner: "9", mode: "600" })], { input });
    expect(changed.own.lstat("t")).toMatchObject({ mode: 0o600, uid: 9, gid: 9 });
    expect(Buffer.from(changed.own.readFile("t") ?? []).toString()).toBe("tool");
  });
});

describe("archives", () => {
  test("go through links of the tree and keep their own, within the root", async () => {
    const base = [
      await writeLayer(store, [
        { path: "run", type: "directory" },
        { path: "var/run", type: "symlink", linkTarget: "/run" },
        { path: "etc/conf", content: "below" },
      ]),
    ];
    const add = await archive([
      { path: "var/run/act/HEAD", content: "ref", mode: 0o600 },
      { path: "var/run/act/HEAD.link", type: "hardlink", linkTarget: "var/run/act/HEAD", mode: 0o640, uid: 5, gid: 6 },
      { path: "etc/copy", type: "hardlink", linkTarget: "etc/conf" },
      { path: "../../up", content: "up" },
      { path: "opt", type: "symlink", linkTarget: "../../../outside" },
      { path: "opt/in", content: "in" },
    ]);
    const { own, tree } = await run([copy(add, "/", { unpack: "auto" })], { base });
    expect(show(own)).toEqual([
      ...["etc/", "etc/copy", "opt -> ../../../outside", "outside/", "outside/in"],
      ...["run/", "run/act/", "run/act/HEAD", "run/act/HEAD.link", "up"],
    ]);
    expect(own.lstat("run/act/HEAD")).toMatchObject({ mode: 0o640, uid: 5, gid: 6 });
    expect(own.lstat("run/act/HEAD")?.linkGroup).toBe(own.lstat("run/act/HEAD.link")?.linkGroup);
    expect(Buffer.from(tree.readFile("etc/copy") ?? []).toString()).toBe("below");
  });

  test("a file takes the place of a folder", async () => {
    const base = [await writeLayer(store, [{ path: "d/old", content: "" }])];
    const { tree } = await run([copy(await archive([{ path: "d", content: "now a file" }]), "/", { unpack: "auto" })], {
      base,
    });
    expect(show(tree)).toEqual(["d"]);
  });

  test("--chown is for all that is in them", async () => {
    const name = await archive([{ path: "x/y", content: "", uid: 5 }]);
    const { own } = await run([copy(name, "/o", { unpack: "always", owner: "7:8" })]);
    expect(["o", "o/x/y"].map((path) => own.lstat(path)?.uid)).toEqual([7, 7]);
  });

  test("what is no archive is copied, unless it must be one", async () => {
    write("x.tar.gz", "no");
    expect(show((await run([copy("x.tar.gz", "/o/", { unpack: "auto" })])).own)).toEqual(["o/", "o/x.tar.gz"]);
    const always = run([copy("x.tar.gz", "/o/", { unpack: "always" })]);
    await expect(always).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
  });
});

interface Member {
  readonly path: string;
  readonly type?: "symlink" | "hardlink";
  readonly content?: string;
  readonly linkTarget?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Writes an archive into the context, entries in the order given and names as they are. */
async function archive(members: readonly Member[]): Promise<string> {
  const pack = createPack();
  for (const { path, type = "file", content = "", linkTarget = "", mode = 0o644, uid = 0, gid = 0 } of members) {
    const kind = type === "hardlink" ? "link" : type;
    pack.entry({ name: path, type: kind, linkname: linkTarget, mode, uid, gid, mtime: new Date(0) }, content);
  }
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack) chunks.push(chunk as Uint8Array);
  writeFileSync(join(context.directory, "archive"), Buffer.concat(chunks));
  return "archive";
}

describe("times", () => {
  test("files keep theirs, folders made on the way take the newest, an epoch takes all", async () => {
    write("a");
    utimesSync(join(context.directory, "a"), 1_500_000_000, 1_500_000_000);
    write("b");
    const { own } = await run([copy(["a", "b"], "/new/")]);
    expect(["new", "new/a", "new/b"].map((path) => own.lstat(path)?.mtime)).toEqual([1.6e9, 1.5e9, 1.6e9]);
    const at = await run([copy(["a", "b"], "/new/")], { epoch: 5 });
    expect(["new", "new/a", "new/b"].map((path) => at.own.lstat(path)?.mtime)).toEqual([5, 5, 5]);
  });
});

describe("content checksums", () => {
  test("change with names, modes and bytes, never with times or what is outside", async () => {
    write("d/a", "1");
    write("other", "1");
    const before = await checksum(copy("d", "/x"));
    utimesSync(join(context.directory, "d/a"), 1, 1);
    write("other", "2");
    expect(await checksum(copy("d", "/x"))).toBe(before);
    write("d/a", "2");
    expect(await checksum(copy("d", "/x"))).not.toBe(before);
    write("d/a", "1");
    expect(await checksum(copy("d", "/x"))).toBe(before);
    write("d/b", "");
    expect(await checksum(copy("d", "/x"))).not.toBe(before);
  });

  test("--chmod makes the modes of the source meaningless", async () => {
    write("a", "1", 0o600);
    const before = await checksum(copy("a", "/x", { mode: "755" }));
    rmSync(join(context.directory, "a"));
    write("a", "1", 0o644);
    expect(await checksum(copy("a", "/x", { mode: "755" }))).toBe(before);
  });

  test("bytes that changed are seen although size and mtime are the same", async () => {
    write("a", "one");
    const before = await checksum(copy("a", "/x"));
    write("a", "two");
    expect(await checksum(copy("a", "/x"))).not.toBe(before);
    expect(readFileSync(join(context.directory, "a"), "utf8")).toBe("two");
  });
});
