import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CATALOGUE } from "./catalogue.ts";

// These start the compiled command: `npm test` builds first.
const TSBUILD = resolve(import.meta.dirname, "../bin/tsbuild.js");
const folder = mkdtempSync(join(tmpdir(), "tsbuild-process-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tsbuild(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Ended {
  const env = { PATH: process.env.PATH, HOME: folder, TSBUILD_ROOT: join(folder, "store"), ...options.env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSBUILD, ...args], {
    cwd: folder,
    env,
    input: options.input ?? "",
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("version and help", () => {
  test.each([["--version"], ["-v"], ["version"]])("%s", (word) => {
    expect(tsbuild([word])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^tsbuild \d+\.\d+\.\d+/),
      stderr: "",
    });
  });

  test("help lists every command", () => {
    const { status, stdout } = tsbuild(["help"]);
    expect(status).toBe(0);
    for (const { path } of CATALOGUE) expect(stdout).toContain(`  ${path[0]} `);
  });

  test.each(CATALOGUE.map(({ path }) => path.join(" ")))("help %s", (path) => {
    expect(tsbuild(["help", ...path.split(" ")])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Usage: tsbuild ${path}`),
      stderr: "",
    });
  });

  test("help works with a broken config file", () => {
    expect(tsbuild(["build", "--help"], { env: { TSBUILD_CONFIG: "/absent" } }).status).toBe(0);
  });
});

describe("wrong usage is exit code 2 and one clear message", () => {
  test.each<[string, string[], RegExp]>([
    ["nothing", [], /Usage: tsbuild/],
    ["an unknown command", ["bild"], /unknown command 'bild'\n\(Did you mean build\?\)/],
    ["an unknown command of a group", ["image", "lss"], /Did you mean ls\?/],
    [
      "an unknown flag",
      ["build", "--taget", "x", "."],
      /unknown option '--taget'\n\(Did you mean --target\?\)\n\(see 'tsbuild build --help'\)/,
    ],
    ["no context", ["build"], /needs the folder.*\nhint: tsbuild build \./],
    ["a missing argument", ["tag", "a"], /missing required argument 'name'/],
    ["a command of Docker that is not there", ["ps"], /'tsbuild ps' is not available/],
    ["a container in the background", ["run", "-d", "x"], /run -d is not available: containers run in the foreground/],
    ["a network that is not there", ["run", "--network", "mynet", "x"], /--network mynet: tsbuild has no such network/],
    ["a wrong mode", ["build", "--progress", "loud", "."], /"loud" is none of/],
    ["a wrong setting", ["images"], /TSBUILD_RUNTIME: "docker"/],
  ])("%s", (what, args, message) => {
    mkdirSync(join(folder, "empty"), { recursive: true });
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    const { status, stdout, stderr } = tsbuild(
      args,
      what === "a wrong setting" ? { env: { TSBUILD_RUNTIME: "docker" } } : {},
    );
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(2);
  });
});

describe("what cannot be done is exit code 1", () => {
  test("a missing Dockerfile names the path looked for", () => {
    mkdirSync(join(folder, "without"), { recursive: true });
    const { status, stderr } = tsbuild(["build", "without"]);
    expect(stderr).toContain(join(folder, "without", "Dockerfile"));
    expect(status).toBe(1);
  });

  test("a missing context", () => {
    expect(tsbuild(["build", "absent"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`the build context ${join(folder, "absent")} is not a folder`),
    });
  });

  test.each(["inspect", "history", "rmi"])("%s of an image that is not there", (command) => {
    expect(tsbuild([command, "absent"])).toMatchObject({ status: 1, stderr: expect.stringContaining("absent") });
  });
});

describe("parse and lint", () => {
  test("a tree and no mistakes", () => {
    const { status, stdout } = tsbuild(["parse", "-"], { input: "FROM scratch AS a\nCOPY x /\n" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dockerfile: { stages: [{ name: "a" }] }, diagnostics: [] });
  });

  test("a mistake: line, code frame, what was probably meant", () => {
    const { status, stdout } = tsbuild(["lint", "-"], { input: "FROM scratch\nCOPPY x /\n" });
    expect(stdout).toMatch(/^error: .*COPPY.*\n +--> Dockerfile:2:1\n/i);
    expect(stdout).toContain(">>> 2 | COPPY x /");
    expect(stdout).toMatch(/COPY/);
    expect(status).toBe(1);
  });

  test("lint as JSON", () => {
    const { status, stdout } = tsbuild(["lint", "--format", "json", "-"], { input: "FROM scratch\nCOPY x /\n" });
    expect(JSON.parse(stdout)).toEqual([]);
    expect(status).toBe(0);
  });
});
