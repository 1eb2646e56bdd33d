import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, probe, succeed, TSBUILD, type Workbench } from "../support/tsbuild.ts";

const BASE = "tsbuild/node:demo";
const node = (script: string): string[] => ["/usr/bin/node", "-e", script];
const canRun = probe(process.execPath, [TSBUILD, "doctor"]);

describe.skipIf(!canRun)("processes in images (needs a runtime that works here)", () => {
  let bench: Workbench;
  let context: string;

  beforeAll(async () => {
    bench = await openWorkbench();
    context = join(bench.folder, "context");
    mkdirSync(context);
    await succeed(process.execPath, [resolve("examples/base-image.mjs"), `docker.io/${BASE}`], { env: bench.env });
  });
  afterAll(() => bench?.close());

  const run = (...args: string[]) => bench.run(["run", "--rm", ...args]);
  const dockerfile = (...lines: string[]): void =>
    writeFileSync(join(context, "Dockerfile"), `FROM ${BASE}\n${lines.join("\n")}\n`);

  test("output and exit code are the process's", async () => {
    const script = "console.log('out'); console.error('err'); process.exitCode = 7";
    expect(await run(BASE, ...node(script))).toEqual({ code: 7, stdout: "out\n", stderr: "err\n" });
  });

  test("a command that is not there is 127", async () => {
    const { code, stderr } = await run(BASE, "/absent");
    expect(stderr).toMatch(/^error: .*\/absent/);
    expect(code).toBe(127);
  });

  test("flags: variables, folder, user, host name, stdin", async () => {
    const script =
      "console.log(process.env.A, process.env.PATH.length > 0, process.cwd(), process.getuid(), os.hostname())";
    const flags = ["-e", "A=1", "-w", "/tmp", "-u", "node", "--hostname", "box"];
    expect((await run(...flags, BASE, ...node(script))).stdout).toBe("1 true /tmp 1000 box\n");
    const echo = node("process.stdin.pipe(process.stdout)");
    expect((await bench.run(["run", "-i", BASE, ...echo], { input: "typed" })).stdout).toBe("typed");
  });

  test("folders of this machine, read-only where asked, and memory", async () => {
    const folder = join(bench.folder, "volume");
    mkdirSync(folder);
    writeFileSync(join(folder, "in"), "in");
    const write = node(
      "fs.writeFileSync('/data/out', fs.readFileSync('/data/in')); fs.writeFileSync('/scratch/x', '')",
    );
    expect(await run("-v", `${folder}:/data`, "--tmpfs", "/scratch", BASE, ...write)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("in");
    const refused = await run("-v", `${folder}:/data:ro`, BASE, ...node("fs.writeFileSync('/data/out', '')"));
    expect(refused.stderr).toContain("EROFS");
    expect(refused.code).toBe(1);
  });

  test("SIGTERM reaches the process, and its answer is the exit code", async () => {
    const script = "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')";
    const child = spawn(process.execPath, [TSBUILD, "run", BASE, ...node(script)], {
      env: { ...process.env, ...bench.env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([5, null]);
  });

  test("a failing RUN: the lines, the command, its output, its exit code", async () => {
    dockerfile("WORKDIR /x", `RUN ${JSON.stringify(node("console.log('last words'); process.exit(3)"))}`);
    const { code, stdout, stderr } = await bench.run(["build", "--progress", "quiet", context]);
    expect(stderr).toMatch(/ > \[.*RUN[\s\S]*\| last words/);
    expect(stderr).toMatch(/--> .*Dockerfile:3:1\n[\s\S]*>>> 3 \| RUN/);
    expect(stderr).toMatch(/^error: process .* exit code: 3 /m);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("a secret is there in its step, and in no message", async () => {
    dockerfile(
      `RUN --mount=type=secret,id=s,env=S ${JSON.stringify(node("console.log(process.env.S.length); process.exit(1)"))}`,
    );
    const args = ["build", "--progress", "plain", "--secret", "id=s,env=TOKEN", context];
    const { stderr } = await bench.run(args, { env: { TOKEN: "hunter22" } });
    expect(stderr).toMatch(/^#\d+ [\d.]+ 8$/m);
    expect(stderr).not.toContain("hunter22");
  });

  test("Ctrl-C during RUN: exit code 130, and nothing is left", async () => {
    dockerfile(`RUN ${JSON.stringify(node("setInterval(() => {}, 1000); console.log('up')"))}`);
    const child = spawn(process.execPath, [TSBUILD, "build", "--progress", "plain", context], {
      env: { ...process.env, ...bench.env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    await new Promise<void>((seen) => {
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
        if (/^#\d+ [\d.]+ up$/m.test(stderr)) seen();
      });
    });
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
    expect(stderr).toContain("interrupted");
    expect(await bench.ok(["store", "check"])).toMatch(/no problem found$/);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(bench.folder);
  });
});
