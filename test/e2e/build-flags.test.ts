import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTestRegistry } from "@tsbuild/registry-client/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasProgram, openWorkbench, probe, succeed, TSBUILD, type Workbench } from "../support/tsbuild.ts";

const DOCKERFILE = "FROM scratch\nARG TARGETARCH\nCOPY a /srv/\nLABEL arch=$TARGETARCH\n";
const FILES = { Dockerfile: DOCKERFILE, a: "A\n", "b.log": "no\n", ".dockerignore": "*.log\n" };
const TIME = 1_600_000_000;

let bench: Workbench;
let context: string;

beforeAll(async () => {
  bench = await openWorkbench();
  context = folderWith("context", FILES);
});
afterAll(() => bench?.close());

function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(bench.folder, name);
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

function tarOf(folder: string, flags = "-c"): Buffer {
  return execFileSync("tar", ["-C", folder, flags, "."], { maxBuffer: 1 << 24 });
}

/** Builds into a folder and returns it. */
async function filesOf(name: string, args: readonly string[], input?: Buffer | string): Promise<string> {
  const out = join(bench.folder, "out", name);
  await bench.ok(["build", "-q", "-o", out, ...args], input === undefined ? {} : { input });
  return out;
}

describe("contexts", () => {
  let server: Server;
  let served: Readonly<Record<string, Buffer | string>>;
  const address = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  beforeAll(async () => {
    served = { "/context.tar.gz": tarOf(context, "-cz"), "/Dockerfile": "FROM scratch\nCOPY <<x /f\nhi\nx\n" };
    server = createServer(({ url = "" }, response) => {
      const content = served[url];
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(() => void server?.close());

  test.each(["-c", "-cz"])("a tar on stdin (tar %s)", async (flags) => {
    const out = await filesOf(`stdin${flags}`, ["-"], tarOf(context, flags));
    expect(readdirSync(join(out, "srv"))).toEqual(["a"]);
  });

  test("a tar on stdin with another Dockerfile, whose mistakes are shown with their lines", async () => {
    const input = tarOf(folderWith("bad", { Other: "FROM scratch\nCOPPY a b\n" }));
    const { code, stderr } = await bench.run(["build", "-f", "Other", "-"], { input });
    expect(stderr).toMatch(/--> Other:2:1\n[\s\S]*>>> 2 \| COPPY a b/);
    expect(code).toBe(1);
  });

  test("a Dockerfile on stdin takes no -f, and `verify build` no archive", async () => {
    expect((await bench.run(["build", "-f", "x", "-"], { input: "FROM scratch\n" })).code).toBe(2);
    const { code, stderr } = await bench.run(["verify", "build", "-"], { input: tarOf(context) });
    expect(stderr).toContain("only once");
    expect(code).toBe(2);
  });

  test("an archive and a Dockerfile on the web; build --check reads them too", async () => {
    const out = await filesOf("web", [address("/context.tar.gz")]);
    expect(readdirSync(join(out, "srv"))).toEqual(["a"]);
    expect(readdirSync(await filesOf("web-file", [address("/Dockerfile")]))).toEqual(["f"]);
    expect(await bench.ok(["build", "--check", address("/Dockerfile")])).toContain("no warnings found");
    expect((await bench.run(["build", address("/absent")])).code).toBe(1);
  });

  test("--build-context: a folder, an archive on the web, a layout, an image", async () => {
    const layout = join(bench.folder, "layout");
    await bench.ok(["build", "-q", "-t", "named:1", "-o", `type=oci,tar=false,dest=${layout},name=named:v1`, context]);
    const lines = ["FROM img", "COPY --from=dir a /dir", "COPY --from=web a /web", "COPY --from=lay /srv/a /lay"];
    const places = [`dir=context`, `web=${address("/context.tar.gz")}`, "lay=oci-layout://layout"];
    const args = [...places, "img=docker-image://named:1"].flatMap((place) => ["--build-context", place]);
    const out = join(bench.folder, "out", "named");
    const options = { input: `${lines.join("\n")}\n`, cwd: bench.folder };
    const { code, stderr } = await bench.run(["build", "-o", out, ...args, "-"], options);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(["dir", "lay", "srv", "web"]);
  });

  test.skipIf(!probe("git", ["daemon", "--help"]))(
    "a git repository, with its commit's time (needs git daemon)",
    async () => {
      const work = folderWith("git/repo", FILES);
      const date = `${TIME} +0000`;
      const author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
      for (const args of [
        ["init", "-q"],
        ["add", "."],
        ["commit", "-q", "-m", "one"],
      ])
        await succeed("git", [...author, "-C", work, ...args], { env: { GIT_COMMITTER_DATE: date } });
      const port = await freePort();
      const flags = ["--reuseaddr", "--export-all", `--base-path=${join(bench.folder, "git")}`, "--listen=127.0.0.1"];
      const daemon = spawn("git", ["daemon", ...flags, `--port=${port}`], { stdio: "ignore", detached: true });
      try {
        await until(() => reachable(port));
        const place = `git://127.0.0.1:${port}/repo#main`;
        await bench.ok(["build", "-q", "-t", "git:1", "--build-context", `other=${place}`, place]);
        const created = await bench.ok(["inspect", "--format", "{{.Created}}", "git:1"]);
        expect(Date.parse(created)).toBe(TIME * 1000);
        expect(await bench.ok(["plan", place])).toContain("COPY a /srv/");
        expect(JSON.parse(await bench.ok(["compile", place])).vertices).not.toEqual([]);
      } finally {
        process.kill(-(daemon.pid ?? 0), "SIGTERM");
      }
    },
  );
});

describe("several platforms", () => {
  const PLATFORMS = ["--platform", "linux/amd64,linux/arm64"];
  interface Index {
    readonly manifests: readonly {
      readonly digest: string;
      readonly annotations?: object;
      readonly platform?: object;
    }[];
    readonly annotations?: object;
  }
  const readJson = (file: string): Index => JSON.parse(readFileSync(file, "utf8")) as Index;
  const blob = (layout: string, digest: string): string => join(layout, "blobs", ...digest.split(":"));

  test("give an index, with annotations where they are asked for", async () => {
    const layout = join(bench.folder, "index");
    const spec = `type=oci,tar=false,dest=${layout},compression=uncompressed,annotation.b=2`;
    const notes = ["a=1", "index:i=3", "manifest-descriptor[linux/arm64]:d=4"].flatMap((note) => [
      "--annotation",
      note,
    ]);
    const id = await bench.ok(["build", "-q", ...PLATFORMS, "-t", "multi:1", "-o", spec, ...notes, context]);
    const digest = readJson(join(layout, "index.json")).manifests[0]?.digest ?? "";
    expect(id).toBe(digest);
    const index = readJson(blob(layout, digest));
    expect(index).toMatchObject({ annotations: { i: "3" }, manifests: [{}, { annotations: { d: "4" } }] });
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
    for (const manifest of index.manifests)
      expect(readJson(blob(layout, manifest.digest))).toMatchObject({
        annotations: { a: "1", b: "2" },
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar" }],
      });
  });

  test("have folders of their own in a folder, or share one where they can", async () => {
    expect(readdirSync(await filesOf("split", [...PLATFORMS, context]))).toEqual(["linux_amd64", "linux_arm64"]);
    const one = join(bench.folder, "out", "one");
    await bench.ok(["build", "-q", "-o", `type=local,dest=${one},platform-split=true`, context]);
    expect(readdirSync(one)).toHaveLength(1);
    const merged = `type=local,dest=${join(bench.folder, "out", "merged")},platform-split=false`;
    const { code, stderr } = await bench.run(["build", ...PLATFORMS, "-o", merged, context]);
    expect(stderr).toMatch(/error: "srv\/a" is in the images of linux_amd64 and linux_arm64/);
    expect(code).toBe(1);
    const input = "FROM scratch\nARG TARGETARCH\nCOPY <<x /bin/$TARGETARCH\nx\n";
    const folder = join(bench.folder, "out", "together");
    await bench.ok(["build", "-q", ...PLATFORMS, "-o", `type=local,dest=${folder},platform-split=false`, "-"], {
      input,
    });
    expect(readdirSync(join(folder, "bin"))).toEqual(["amd64", "arm64"]);
  });

  test("go to a registry and back, and into archives", async () => {
    const registry = await createTestRegistry();
    try {
      const name = `${registry.host}/team/multi:1`;
      await bench.ok(["build", "-q", ...PLATFORMS, "--push", "-t", name, context]);
      const digest = await bench.ok(["digest", `docker://${name}`]);
      await bench.ok(["rmi", name]);
      await bench.ok(["pull", "-q", "--platform", "all", name]);
      await bench.ok(["tag", name, `${registry.host}/copies/multi:2`]);
      await bench.ok(["push", "-q", `${registry.host}/copies/multi:2`]);
      expect(await bench.ok(["digest", `docker://${registry.host}/copies/multi:2`])).toBe(digest);
      const archive = join(bench.folder, "multi.tar");
      await bench.ok(["save", "--format", "oci", "-o", archive, name]);
      expect(await bench.ok(["digest", `oci-archive:${archive}`])).toBe(digest);
      await bench.ok(["save", "--format", "oci", "--platform", "linux/arm64", "-o", archive, name]);
      const config = await bench.ok(["inspect", "--config", `oci-archive:${archive}`, "--platform", "linux/arm64"]);
      expect(JSON.parse(config)).toMatchObject({ architecture: "arm64", config: { Labels: { arch: "arm64" } } });
    } finally {
      await registry.close();
    }
  });
});

describe("what the rules find", () => {
  test("is told at the end of a build", async () => {
    const { code, stderr } = await bench.run(["build", "-"], { input: "FROM scratch as x\nWORKDIR /a\n" });
    expect(stderr).toMatch(/\n1 warning found \(use --check to expand\):\n - FromAsCasing: .* \(line 1\)\n/);
    expect(stderr).toContain("\nimage sha256:");
    expect(code).toBe(0);
  });

  test("stops the build where the file wants it", async () => {
    const { code, stderr } = await bench.run(["build", "-"], { input: "# check=error=true\nFROM scratch as x\n" });
    expect(stderr).toContain("error: lint violation found for rules: FromAsCasing");
    expect(code).toBe(1);
  });
});

test("flags of Docker without an effect here are harmless", async () => {
  const flags = [
    "--ulimit",
    "nofile=1:2",
    "--cgroup-parent",
    "x",
    "--provenance=false",
    "--isolation",
    "default",
    "--rm",
  ];
  const { code, stderr } = await bench.run(["build", ...flags, context]);
  expect(stderr).toContain("warning: --ulimit has no effect");
  expect(stderr).not.toContain("--rm");
  expect(code).toBe(0);
});

test("the walk through the context is DONE, what is taken from the cache CACHED", async () => {
  const build = () => bench.run(["build", "--progress", "plain", context]);
  await build();
  expect((await build()).stderr).toMatch(/load build context\n#\d+ DONE [\s\S]*COPY a \/srv\/\n#\d+ CACHED/);
});

const canRun = probe(process.execPath, [TSBUILD, "doctor"]);

describe.skipIf(!canRun)("RUN (needs a runtime that works here)", () => {
  const BASE = "tsbuild/node:flags";
  beforeAll(() =>
    succeed(process.execPath, [resolve("examples/base-image.mjs"), `docker.io/${BASE}`], { env: bench.env }),
  );

  const run = (script: string, ...args: string[]) => {
    const mount = "--mount=type=ssh,id=key";
    const command = JSON.stringify(["/usr/bin/node", "-e", script]);
    const input = `FROM ${BASE}\nRUN ${mount} ${command}\n`;
    return bench.run(["build", "--no-cache", "--progress", "plain", ...args, "-"], { input });
  };

  test("has /dev/shm of the size asked for, and the host name", async () => {
    const script = "const s=fs.statfsSync('/dev/shm');console.log('shm',s.blocks*s.bsize,os.hostname())";
    const { stderr } = await run(script, "--shm-size", "8m", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=box");
    expect(stderr).toContain(`shm ${8 << 20} box`);
  });

  test.skipIf(!hasProgram("ssh-agent"))("reaches the agent (needs ssh-agent)", async () => {
    const socket = join(bench.folder, "agent");
    const key = join(bench.folder, "id");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await until(() => existsSync(socket));
      await succeed("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      await succeed("ssh-add", ["-q", key], { env: { SSH_AUTH_SOCK: socket } });
      // Asks for the identities: the answer's count is behind its length and type.
      const ask =
        "const c=net.connect(process.env.SSH_AUTH_SOCK,()=>c.write(Buffer.from([0,0,0,1,11])));" +
        "c.on('data',(d)=>{console.log('keys',d.readUInt32BE(5));c.end()})";
      expect((await run(ask, "--ssh", `key=${socket}`)).stderr).toContain("keys 1");
      const refused = await run(ask, "--ssh", `key=${key}`);
      expect(refused.stderr).toContain("is not the socket of an agent");
      expect(refused.code).toBe(2);
    } finally {
      await end(agent);
    }
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error("waited in vain");
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function reachable(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      done(true);
    });
    socket.on("error", () => done(false));
  });
}
