import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestRegistry, type TestRegistry } from "@tsbuild/registry-client/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "../support/tsbuild.ts";

const DOCKERFILE = `# syntax=docker/dockerfile:1
FROM scratch AS base
ARG VERSION=1
COPY --chmod=755 hello.txt /srv/
ENV VERSION=$VERSION

FROM base
COPY conf /etc/app/
WORKDIR /srv
LABEL who="tests"
CMD ["/srv/hello.txt"]
`;

// An image without a RUN needs no privilege at all: this file runs everywhere.
describe("the command, from a Dockerfile to archives and back", () => {
  let bench: Workbench;
  let context: string;

  beforeAll(async () => {
    bench = await openWorkbench();
    context = join(bench.folder, "context");
    mkdirSync(join(context, "conf"), { recursive: true });
    writeFileSync(join(context, "Dockerfile"), DOCKERFILE);
    writeFileSync(join(context, "hello.txt"), "hello\n");
    writeFileSync(join(context, "conf", "a.conf"), "a=1\n");
    writeFileSync(join(context, "conf", "b.secret"), "b=2\n");
    writeFileSync(join(context, ".dockerignore"), "**/*.secret\n");
  });
  afterAll(() => bench?.close());

  const build = (...args: string[]) => bench.run(["build", "--progress", "plain", ...args, context]);

  test("build: steps on stderr, nothing on stdout", async () => {
    const { code, stdout, stderr } = await build("-t", "app:1", "-t", "app:latest");
    expect(stderr).toMatch(/^#\d+ .*COPY/m);
    expect(stderr).toMatch(/^#\d+ DONE \d+\.\ds$/m);
    expect(stderr).toMatch(/named app:1\n.*named app:latest/);
    expect(stdout).toBe("");
    expect(code).toBe(0);
  });

  test("build again: every step comes from the cache, and the id is the same", async () => {
    const { stderr } = await build("-t", "app:1");
    expect(stderr).toMatch(/^#\d+ CACHED$/m);
    expect(stderr).not.toMatch(/COPY.*\n#\d+ DONE/);
    const id = await bench.ok(["build", "-q", context]);
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await bench.ok(["images", "-q", "--no-trunc", "app"])).toBe(id);
  });

  test("images, inspect, history", async () => {
    expect(await bench.ok(["images"])).toMatch(
      /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\napp +(1|latest) +[0-9a-f]{12} /,
    );
    expect(JSON.parse((await bench.ok(["images", "--format", "json"])).split("\n")[0] ?? "")).toMatchObject({
      Repository: "app",
    });
    const names = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
    expect(await bench.ok([...names, "app:1"])).toBe("app:1");
    expect(await bench.ok([...names, "--filter", "reference=a*:late*"])).toBe("app:latest");
    expect(await bench.ok(["images", "-q", "-f", "dangling=true"])).toBe("");
    const [inspected] = JSON.parse(await bench.ok(["inspect", "app:1"])) as [Record<string, unknown>];
    expect(inspected).toMatchObject({
      RepoTags: expect.arrayContaining(["app:1", "app:latest"]),
      Os: "linux",
      Config: { Cmd: ["/srv/hello.txt"], WorkingDir: "/srv", Labels: { who: "tests" } },
    });
    expect(await bench.ok(["inspect", "--format", "{{json .Config.Env}}", "app:1"])).toContain("VERSION=1");
    expect(await bench.ok(["history", "--no-trunc", "app:1"])).toMatch(/CMD.*\n.*LABEL who=tests[\s\S]*COPY/);
  });

  test("compile prints the graph", async () => {
    const graph = JSON.parse(await bench.ok(["compile", context])) as { vertices: { name: string }[] };
    expect(graph.vertices.map(({ name }) => name).join()).toMatch(/COPY.*COPY/);
    expect(await bench.ok(["compile", "--format", "mermaid", context])).toMatch(/^flowchart TD\n[\s\S]* --> /);
  });

  test("flags that change the result: --target, --build-arg, --label, --iidfile, --metadata-file", async () => {
    const iidfile = join(bench.folder, "iid");
    const metadata = join(bench.folder, "metadata.json");
    const args = ["--target", "base", "--build-arg", "VERSION=7", "--label", "x=y", "-t", "app:base"];
    const { code } = await build(...args, "--iidfile", iidfile, "--metadata-file", metadata, "--force-rm=true");
    expect(code).toBe(0);
    const [inspected] = JSON.parse(await bench.ok(["inspect", "app:base"])) as [{ Id: string; Config: object }];
    expect(inspected.Config).toMatchObject({ Env: expect.arrayContaining(["VERSION=7"]), Labels: { x: "y" } });
    expect(readFileSync(iidfile, "utf8")).toBe(inspected.Id);
    expect(JSON.parse(readFileSync(metadata, "utf8"))).toMatchObject({
      "containerimage.config.digest": inspected.Id,
      "image.name": "app:base",
    });
  });

  test("a Dockerfile on stdin, progress as JSON", async () => {
    const { code, stderr } = await bench.run(["build", "--progress", "json", "-"], {
      input: "FROM scratch\nWORKDIR /work\n",
    });
    const events = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["vertex.planned", "vertex.completed"]));
    expect(code).toBe(0);
  });

  test("outputs: folder, tar on stdout, archives, layout", async () => {
    const out = (name: string): string => join(bench.folder, "out", name);
    mkdirSync(out(""), { recursive: true });
    const specs = [out("files"), `type=oci,dest=${out("oci.tar")}`, `type=docker,dest=${out("docker.tar")}`];
    const layout = `type=oci,tar=false,dest=${out("layout")}`;
    const { code, stderr } = await build("-t", "app:out", ...[...specs, layout].flatMap((spec) => ["-o", spec]));
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(readdirSync(out("files/etc/app"))).toEqual(["a.conf"]);
    expect(readFileSync(out("files/srv/hello.txt"), "utf8")).toBe("hello\n");
    expect(existsSync(out("layout/index.json"))).toBe(true);
    for (const archive of ["oci.tar", "docker.tar"]) {
      expect(await bench.ok(["load", "-i", out(archive)])).toBe("Loaded image: app:out");
    }
    const { stdout } = await bench.run(["build", "-o", "-", context]);
    expect(stdout).toContain("srv/hello.txt");
  });

  test("save, rmi, load: the image comes back as it was", async () => {
    const archive = join(bench.folder, "saved.tar");
    const id = await bench.ok(["inspect", "--format", "{{.Id}}", "app:1"]);
    for (const format of ["docker", "oci"]) {
      await bench.ok(["tag", "app:1", "example.com/team/app:saved"]);
      await bench.ok(["save", "--format", format, "-o", archive, "example.com/team/app:saved"]);
      expect(await bench.ok(["rmi", "example.com/team/app:saved"])).toBe("Untagged: example.com/team/app:saved");
      expect(await bench.ok(["load"], { input: readFileSync(archive) })).toBe(
        "Loaded image: example.com/team/app:saved",
      );
      expect(await bench.ok(["inspect", "--format", "{{.Id}}", "example.com/team/app:saved"])).toBe(id);
    }
  });

  test("copy between store, layout and archives keeps the digest", async () => {
    const layout = join(bench.folder, "layout");
    const digest = await bench.ok(["copy", "-q", "store:app:1", `oci:${layout}:one`]);
    const archive = join(bench.folder, "copied.tar");
    expect(await bench.ok(["copy", "-q", `oci:${layout}`, `oci-archive:${archive}:two`])).toBe(digest);
    expect(await bench.ok(["copy", "-q", `oci-archive:${archive}`, "store:copied:1"])).toBe(digest);
    expect(await bench.ok(["copy", "-q", "store:copied:1", `docker-archive:${archive}`])).toBe(digest);
    const { code, stderr } = await bench.run(["copy", `oci:${layout}:absent`, "store:x"]);
    expect(stderr).toMatch(/^error: .*absent/m);
    expect(code).toBe(1);
  });

  test("an image of several names: rmi by id wants --force", async () => {
    const id = await bench.ok(["build", "-q", "-t", "many:1", "-t", "many:2", "--label", "many=1", context]);
    expect((await bench.run(["rmi", id])).code).toBe(1);
    expect(await bench.ok(["rmi", "-f", id])).toMatch(/Untagged: many:1\nUntagged: many:2\nDeleted: sha256:/);
    expect((await bench.run(["inspect", id.slice(7, 19)])).code).toBe(1);
  });

  test("store check finds nothing, and then the blob that was damaged", async () => {
    expect(await bench.ok(["store", "check"])).toMatch(/no problem found$/);
    const blobs = join(bench.folder, "store", "blobs", "sha256");
    const victim = (JSON.parse(await bench.ok(["inspect", "app:1"])) as [{ RootFS: { Layers: string[] } }])[0].RootFS;
    const name = victim.Layers[0]?.slice(7) ?? "";
    const intact = readFileSync(join(blobs, name));
    rmSync(join(blobs, name));
    writeFileSync(join(blobs, name), Buffer.from(intact).fill(120, 512, 516));
    const { code, stdout } = await bench.run(["store", "check"]);
    expect(stdout).toContain(name);
    expect(code).toBe(1);
    rmSync(join(blobs, name));
    writeFileSync(join(blobs, name), intact);
  });

  test("du, prune", async () => {
    expect(await bench.ok(["du"])).toMatch(/^TYPE +TOTAL +SIZE\nImages +\d+ /);
    expect((await bench.run(["prune"], { input: "n\n" })).stderr).toContain("[y/N]");
    expect((await bench.ok(["images", "-q"])).length).toBeGreaterThan(0);
    expect(await bench.ok(["prune", "-a", "-f"])).toMatch(/^Total reclaimed space: /);
    expect(await bench.ok(["images", "-q"])).toBe("");
    expect(await bench.ok(["store", "check"])).toMatch(/no problem found$/);
  });
});

describe("the command and a registry", () => {
  let bench: Workbench;
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await createTestRegistry();
    bench = await openWorkbench({ TSBUILD_REGISTRY_MIRROR: `http://${registry.host}` });
  });
  afterAll(async () => {
    await bench?.close();
    await registry?.close();
  });

  test("build --push, pull, copy, and a base image through the mirror", async () => {
    const name = `${registry.host}/library/base:1`;
    const input = 'FROM scratch\nWORKDIR /srv\nCMD ["/bin/x"]\n';
    const { code, stderr } = await bench.run(["build", "--push", "-t", name, "-"], { input });
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    await bench.ok(["rmi", name]);
    expect(await bench.ok(["pull", "-q", name])).toBe(name);
    const digest = await bench.ok(["copy", "-q", name, `docker://${registry.host}/copies/base:2`]);
    expect(await bench.ok(["inspect", "--format", "{{.Descriptor.digest}}", name])).toBe(digest);
    await bench.ok(["build", "-q", "-t", "derived", "-"], { input: "FROM base:1\nENV A=1\n" });
    expect(await bench.ok(["inspect", "--format", "{{json .Config.Cmd}}", "derived"])).toBe('["/bin/x"]');
    await bench.ok(["tag", "derived", `${registry.host}/team/derived`]);
    await bench.ok(["push", `${registry.host}/team/derived`]);
  });

  test("login is checked with the registry, used by push, and forgotten by logout", async () => {
    const guarded = await createTestRegistry({ auth: { type: "basic", users: { ada: "secret" } } });
    try {
      const login = ["login", "-u", "ada", "--password-stdin", guarded.host];
      const wrong = await bench.run(login, { input: "wrong\n" });
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toMatch(/^error: .*401/m);
      expect(wrong.stderr).not.toContain("wrong");
      expect(await bench.ok(login, { input: "secret\n" })).toBe("Login Succeeded");
      const push = ["build", "-q", "--push", "-t", `${guarded.host}/a/b:1`, "-"];
      await bench.ok(push, { input: "FROM scratch\nLABEL a=b\n" });
      expect(await bench.ok(["logout", guarded.host])).toBe(`Removed the credentials for ${guarded.host}`);
      expect((await bench.run(push, { input: "FROM scratch\nLABEL a=c\n" })).code).toBe(1);
    } finally {
      await guarded.close();
    }
  });

  test("an unreachable registry: which, and what to do", async () => {
    const { code, stderr } = await bench.run(["pull", "127.0.0.1:1/x/y:1"]);
    expect(stderr).toMatch(/^error: .*127\.0\.0\.1:1/m);
    expect(stderr).toMatch(/^hint: /m);
    expect(code).toBe(1);
  });
});

describe("mistakes in a Dockerfile", () => {
  let bench: Workbench;

  beforeAll(async () => {
    bench = await openWorkbench();
    writeFileSync(join(bench.folder, ".dockerignore"), "*.log\n");
    writeFileSync(join(bench.folder, "build.log"), "x");
  });
  afterAll(() => bench?.close());

  test.each<[string, string, RegExp]>([
    ["an unknown instruction", "FROM scratch\nCOPPY a /\n", /Dockerfile:2[\s\S]*COPPY[\s\S]*COPY/i],
    ["an unknown flag", "FROM scratch\nCOPY --chwon=1 a /\n", /Dockerfile:2[\s\S]*chwon[\s\S]*chown/],
    ["no FROM", "COPY a /\n", /Dockerfile:1/],
    ["a missing source", "FROM scratch\nCOPY absent /\n", /Dockerfile:2[\s\S]*absent/],
    ["a source that .dockerignore excludes", "FROM scratch\nCOPY build.log /\n", /build\.log[\s\S]*\.dockerignore/],
    ["an unknown stage", "FROM scratch\nCOPY --from=nowhere a /\n", /nowhere/],
  ])("%s: where, what, and what was probably meant", async (_, text, message) => {
    writeFileSync(join(bench.folder, "Dockerfile"), text);
    const { code, stdout, stderr } = await bench.run(["build", "--progress", "plain", bench.folder]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: /m);
    expect(stdout).toBe("");
    expect(code).toBe(1);
    expect(await bench.ok(["store", "check"])).toMatch(/no problem found$/);
  });
});
