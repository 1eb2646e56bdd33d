import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Basekit, basekitMissing, basekitSamples, serveBasekit } from "../support/basekit.ts";
import { hasProgram, openWorkbench, succeed, TSBUILD, type Workbench } from "../support/tsbuild.ts";

const SEEDS = resolve(process.env.SAMPLES_DIR ?? "../shared/samples");
const LONG = 600_000;

/** A sample, and how to see that what it builds works. */
interface Sample {
  readonly name: string;
  readonly folder: string;
  readonly file?: string;
  /** Runs to its end and prints this. */
  readonly prints?: RegExp;
  /** Can not start, and says so. */
  readonly fails?: RegExp;
  /** The stage to build. @default the last */
  readonly target?: string;
  /** Overrides of the command. */
  readonly args?: readonly string[];
  /** Serves HTTP on `port` (given as PORT where the sample reads it) and answers this. */
  readonly answers?: RegExp;
  readonly port?: number;
}

const kit = (name: string, rest: Omit<Sample, "name" | "folder">): Sample => ({
  name: `basekit ${name}`,
  folder: join(basekitSamples, name),
  ...rest,
});
const seed = (name: string, rest: Omit<Sample, "name" | "folder">): Sample => ({
  name: `seed ${name}${rest.target === undefined ? "" : ` ${rest.target}`}`,
  folder: join(SEEDS, name),
  ...rest,
});

const SAMPLES: readonly Sample[] = [
  kit("debian", { prints: /^curl 7/m }),
  kit("golang", { prints: /hello world from go1\S+, uid \d+/ }),
  kit("nginx", { answers: /hello from a static site/i, port: 8080 }),
  kit("node", { prints: /hello from node v20\S+ true uid 1000/ }),
  kit("python", { prints: /hello from python 3\.11/ }),
  kit("python-flask", { prints: /hello from flask, uid 1000/ }),
  seed("python-commented", { answers: /hello from app python/, port: 18101 }),
  seed("python-slim", { file: "Dockerfile.fixed", answers: /hello from app python/, port: 18102 }),
  seed("python-one-file", { answers: /hello from app python/, port: 18103 }),
  // Its program needs a C library, because golang's image has a C compiler; alpine's stand-in has none (real alpine: another
  // one), so it only runs in the first stage. Docker and buildah say the same of it.
  seed("go-multi-stage", { target: "builder", args: ["./myapp"], answers: /hello from go/, port: 8080 }),
  seed("go-multi-stage", { fails: /cannot start "\.\/myapp": .*dynamic loader/s }),
  seed("compose-web-redis", { answers: /hello from app python/, port: 18104 }),
  seed("compose-web-app-db", { answers: /hello from app python/, port: 18105 }),
  seed("compose-web-postgres", { answers: /hello from app python/, port: 18106 }),
];

const missing = basekitMissing ?? (existsSync(SEEDS) ? undefined : "needs ../shared/samples");
const why = missing === undefined ? "" : ` (${missing})`;

describe.skipIf(missing !== undefined)(`the samples build and run${why}`, () => {
  let basekit: Basekit;
  let bench: Workbench;

  beforeAll(async () => {
    const images = ["debian", "golang:1.21", "alpine", "nginx", "node:20", "python"];
    basekit = await serveBasekit(images);
    bench = await openWorkbench({ TSBUILD_REGISTRY_MIRROR: `http://${basekit.registry}` });
  }, LONG);

  afterAll(async () => {
    await bench?.close();
    await basekit?.close();
  }, LONG);

  for (const sample of SAMPLES) {
    const tag = sample.name.replaceAll(" ", "-");

    test(
      sample.name,
      async () => {
        await build(bench, sample, tag);
        if (sample.prints) expect(await bench.ok(["run", "--rm", tag, ...(sample.args ?? [])])).toMatch(sample.prints);
        if (sample.fails) expect((await bench.run(["run", "--rm", tag])).stderr).toMatch(sample.fails);
        if (sample.answers) expect(await answerOf(bench, sample, tag)).toMatch(sample.answers);
      },
      LONG,
    );

    test(
      `${sample.name}: a second build runs nothing`,
      async () => {
        const steps = (await build(bench, sample, tag)).split("\n").filter((line) => /^#\d+ (DONE|CACHED)/.test(line));
        expect(steps.length).toBeGreaterThan(0);
        const ran = await lastBuildSteps(bench, sample, tag);
        expect(ran.filter((step) => !step.cached)).toEqual([]);
      },
      LONG,
    );
  }

  test(
    "the wrong FROM of the seed python-slim is refused and explained",
    async () => {
      const { code, stderr } = await bench.run(["build", join(SEEDS, "python-slim")]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/Dockerfile:1/);
      expect(stderr).toMatch(/comment/i);
    },
    LONG,
  );

  test.skipIf(!hasProgram("skopeo"))(
    "skopeo, umoci and buildah read what was built (needs skopeo)",
    async () => {
      const layout = join(bench.folder, "layout");
      await bench.ok(["copy", "store:basekit-node", `oci:${layout}:node`]);
      const inspected = JSON.parse(await succeed("skopeo", ["inspect", `oci:${layout}:node`])) as { Env: string[] };
      expect(inspected.Env.some((entry) => entry.startsWith("PATH="))).toBe(true);
      if (hasProgram("umoci"))
        await succeed("umoci", ["unpack", "--image", `${layout}:node`, join(bench.folder, "unpacked")]);
      if (hasProgram("buildah")) await buildahReads(bench, layout);
    },
    120_000,
  );
});

/** What names the sample on the command line of a build. */
function sourceOf(sample: Sample): string[] {
  const file = sample.file === undefined ? [] : ["-f", join(sample.folder, sample.file)];
  const target = sample.target === undefined ? [] : ["--target", sample.target];
  return [...file, ...target, sample.folder];
}

async function build(bench: Workbench, sample: Sample, tag: string): Promise<string> {
  const { code, stdout, stderr } = await bench.run([
    "build",
    "--network",
    "host",
    "--progress",
    "plain",
    "-t",
    tag,
    ...sourceOf(sample),
  ]);
  if (code !== 0) throw new Error(`build of ${sample.name} exited with ${code}:\n${stdout}${stderr}`);
  return stderr;
}

/** The steps of one more build, as the events of `--progress json` tell them. */
async function lastBuildSteps(bench: Workbench, sample: Sample, tag: string): Promise<{ cached: boolean }[]> {
  const { stderr } = await bench.run([
    "build",
    "--network",
    "host",
    "--progress",
    "json",
    "-t",
    tag,
    ...sourceOf(sample),
  ]);
  return stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { type: string; cached: boolean })
    .filter((event) => event.type === "vertex.completed");
}

/** Starts the image in the foreground, asks it over HTTP, ends it. */
async function answerOf(bench: Workbench, sample: Sample, tag: string): Promise<string> {
  const port = sample.port ?? 8080;
  const child = spawn(
    process.execPath,
    [TSBUILD, "run", "--rm", "--network", "host", "-e", `PORT=${port}`, tag, ...(sample.args ?? [])],
    { env: { ...process.env, ...bench.env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const ended = once(child, "exit");
  try {
    return await ask(`http://127.0.0.1:${port}/`, child);
  } catch (error) {
    throw new Error(`${sample.name} does not answer:\n${Buffer.concat(output).toString()}`, { cause: error });
  } finally {
    await end(child, ended);
  }
}

/** Some samples run as process 1 without a handler, which ignores SIGTERM: asked three times, tsbuild ends them itself. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 3 && child.exitCode === null; attempt++) {
    child.kill("SIGTERM");
    await Promise.race([ended, new Promise((resume) => setTimeout(resume, 500))]);
  }
  await ended;
}

async function ask(url: string, child: ChildProcess): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt === 150 || child.exitCode !== null) throw error;
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }
}

async function buildahReads(bench: Workbench, layout: string): Promise<void> {
  const storage = ["--root", join(bench.folder, "buildah"), "--runroot", join(bench.folder, "buildah-run")];
  const options = [...storage, "--storage-driver", "vfs"];
  const container = await succeed("buildah", [...options, "from", `oci:${layout}:node`]);
  await succeed("buildah", [...options, "rm", container]);
}
