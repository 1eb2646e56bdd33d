import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, openWorkbench, probe, succeed, type Workbench } from "../support/tsbuild.ts";

const DOCKERFILE = "FROM scratch\nWORKDIR /app\nCOPY src src\nCOPY readme.md /\n";

const BUSYBOX = "/bin/busybox";
const canRun = existsSync(BUSYBOX) && !probe("ldd", [BUSYBOX]);

let bench: Workbench;
let context: string;

beforeAll(async () => {
  bench = await openWorkbench();
  context = join(bench.folder, "context");
  mkdirSync(join(context, "src"), { recursive: true });
  write("Dockerfile", DOCKERFILE);
  write("src/main.js", "1");
  write("readme.md", "read me");
  await bench.ok(["build", "-q", "-t", "first", context]);
});
afterAll(() => bench?.close());

function write(name: string, text: string): void {
  writeFileSync(join(context, name), text);
}

/** Progress in lines is not what is asked about here. */
const QUIET = ["--progress", "quiet"] as const;

describe("why steps run", () => {
  test("plan says it beforehand, --explain afterwards, as text and as JSON", async () => {
    write("src/main.js", "2");
    const plan = await bench.ok(["plan", context]);
    expect(plan.match(/^(?:hit|run|depends)/gm)).toEqual(["hit", "run", "run"]);
    const json = JSON.parse(await bench.ok(["plan", "--format", "json", context]));
    expect(json.steps.map((step: { prediction: string }) => step.prediction)).toEqual(["hit", "run", "run"]);

    const { stderr } = await bench.run(["build", "--explain", ...QUIET, "-t", "second", context]);
    expect(stderr).toMatch(
      /why steps ran:\n\[2\/3\] COPY src src\n {4}1 file for \/app\/src changed\n {4} {2}src\/main.js: content 6b86b273ff34fce1 -> d4735e3a265e16ee\n\[3\/3\] COPY readme.md \/\n {4}it goes on top of what was made anew: \[2\/3\] COPY src src\n/,
    );
    const again = await bench.run(["build", "--explain=json", ...QUIET, context]);
    expect(JSON.parse(again.stdout)).toEqual([]);
    const forced = await bench.run(["build", "--explain=json", "--no-cache", ...QUIET, context]);
    expect(JSON.parse(forced.stdout)).toHaveLength(3);
    expect(JSON.parse(forced.stdout)[0]).toMatchObject({ reason: { type: "no-cache" } });
  });

  test("--explain=x is wrong usage", async () => {
    expect(await bench.run(["build", "--explain=x", context])).toMatchObject({ code: 2 });
    expect(await bench.run(["plan", "--format", "x", context])).toMatchObject({ code: 2 });
  });
});

describe("diff", () => {
  test("nothing: exit code 0", async () => {
    expect(await bench.run(["diff", "first", "first"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("what differs, with the layer: exit code 1; an archive is compared as well", async () => {
    const archive = join(bench.folder, "second.tar");
    write("src/main.js", "2");
    await bench.ok(["build", "-q", "--label", "a=b", "-t", "second", context]);
    await bench.ok(["save", "--format", "oci", "-o", archive, "second"]);
    const { code, stdout } = await bench.run(["diff", "first", `oci-archive:${archive}`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^config {2}config.Labels: none -> \{"a":"b"\}$/m);
    expect(stdout).toMatch(
      /^file {4}\/app\/src\/main.js: .*content sha256:6b86b273ff34 -> sha256:d4735e3a265e \(layer 1\)$/m,
    );
    const json = await bench.run(["diff", "--format", "json", "first", "second"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      equal: false,
      files: expect.arrayContaining([expect.objectContaining({ path: "app/src/main.js", layerA: 1 })]),
    });
  });
});

test("verify build: a build without RUN is reproduced", async () => {
  expect(await bench.ok(["verify", "build", ...QUIET, context])).toMatch(/^reproduced: sha256:[0-9a-f]{64}$/);
});

test("a graph that compile printed is built to the same image", async () => {
  const file = join(bench.folder, "graph.json");
  writeFileSync(file, await bench.ok(["compile", context]));
  const id = await bench.ok(["build", "-q", context]);
  expect(await bench.ok(["build", "-q", "--graph", file, context])).toBe(id);
  expect(await bench.run(["build", "--graph", join(context, "readme.md"), context])).toMatchObject({ code: 2 });
});

describe("the epoch", () => {
  const created = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    await bench.ok(["build", "-q", "-t", "timed", ...args, context], { env });
    return bench.ok(["inspect", "--format", "{{.Created}}", "timed"]);
  };
  const EPOCH = { SOURCE_DATE_EPOCH: "86400" };

  test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, string]>([
    ["nothing says it", [], {}, "1970-01-01T00:00:00Z"],
    ["the variable", [], EPOCH, "1970-01-02T00:00:00Z"],
    ["the build argument, not the variable", ["--build-arg", "SOURCE_DATE_EPOCH=1"], EPOCH, "1970-01-01T00:00:01Z"],
    ["the flag, not the variable", ["--source-date-epoch", "2"], EPOCH, "1970-01-01T00:00:02Z"],
  ])("%s", async (_what, args, env, expected) => {
    expect(await created(args, env)).toBe(expected);
  });

  test("the last commit; another commit reruns nothing", async ({ skip }) => {
    if ((await exec("git", ["--version"]).catch(() => undefined)) === undefined) skip("needs git");
    const commit = async (seconds: number): Promise<void> => {
      const date = `${seconds} +0000`;
      const env = { GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date };
      const who = ["-c", "user.name=a", "-c", "user.email=a@example"];
      await succeed("git", ["-C", context, ...who, "commit", "--quiet", "--allow-empty", "-m", "x"], { env });
    };
    write(".dockerignore", ".git\n");
    await succeed("git", ["init", "--quiet", context]);
    await commit(1_600_000_000);
    expect(await created([])).toBe("2020-09-13T12:26:40Z");
    await commit(1_600_000_001);
    expect(await bench.ok(["plan", context])).not.toMatch(/^(?:run|depends)/m);
    expect(await created([])).toBe("2020-09-13T12:26:41Z");
    expect(await created(["--source-date-epoch", "5"], {})).toBe("1970-01-01T00:00:05Z");
    rmSync(join(context, ".git"), { recursive: true });
  });

  test("--timestamps x is wrong usage", async () => {
    expect(await bench.run(["build", "--timestamps", "x", context])).toMatchObject({ code: 2 });
    expect(await bench.run(["build", "--source-date-epoch", "x", context])).toMatchObject({ code: 2 });
  });
});

describe.skipIf(!canRun)("builds with RUN (needs a static busybox)", () => {
  const place = (): string => join(bench.folder, "running");

  beforeAll(() => {
    mkdirSync(place());
    copyFileSync(BUSYBOX, join(place(), "busybox"));
  });

  const same = "echo same > /x";
  test.each([
    {
      what: "the same content, at other times",
      command: same,
      flags: [],
      expected: 1,
      output: /^file {4}\/x: time .* \(layer 1\)$/m,
    },
    {
      what: "with times clamped",
      command: same,
      flags: ["--source-date-epoch", "1", "--rewrite-timestamp"],
      expected: 0,
      output: /^reproduced: /,
    },
    {
      what: "other content",
      command: "/bin/busybox cat /proc/uptime > /x",
      flags: [],
      expected: 1,
      output: /^file {4}\/x: .*content sha256:/m,
    },
  ])("$what", async ({ command, flags, expected, output }) => {
    const text = `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sh", "-c", "/bin/busybox sleep 1; ${command}"]\n`;
    writeFileSync(join(place(), "Dockerfile"), text);
    const { code, stdout } = await bench.run(["verify", "build", ...QUIET, ...flags, place()]);
    expect(stdout).toMatch(output);
    expect(code).toBe(expected);
  });
});
