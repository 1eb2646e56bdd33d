import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TSBUILD } from "../support/tsbuild.ts";

const RUNC = join(dirname(TSBUILD), "tsbuild-runc.js");
const able = process.getuid?.() === 0 && existsSync("/bin/busybox");

describe.skipIf(!able)("tsbuild-runc (needs root and busybox)", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tsbuild-runc-"));
    for (const name of ["bin", "proc"]) mkdirSync(join(folder, "rootfs", name), { recursive: true });
    copyFileSync("/bin/busybox", join(folder, "rootfs/bin/sh"));
    const command = 'echo "in $$"; read word; echo "got $word"; exit 6';
    const namespaces = ["mount", "pid"].map((type) => ({ type }));
    const config = {
      ociVersion: "1.0.2",
      process: { args: ["/bin/sh", "-c", command], cwd: "/" },
      root: { path: "rootfs" },
      mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
      linux: { namespaces },
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function runc(args: readonly string[], input = ""): { readonly code: number | null; readonly said: string } {
    const all = [RUNC, "--root", join(folder, "state"), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8", input, timeout: 20_000 });
    return { code: status, said: stdout + stderr };
  }

  test("run passes streams and the exit code on", () => {
    expect(runc(["run", "--bundle", folder, "one"], "word\n")).toEqual({ code: 6, said: "in 1\ngot word\n" });
  });

  test("create, state, start, list, kill, delete, each in a process of its own", () => {
    const pidFile = join(folder, "pid");
    const create = [RUNC, "--root", join(folder, "state"), "create", "-b", folder, "--pid-file", pidFile, "two"];
    expect(spawnSync(process.execPath, create, { stdio: "ignore", timeout: 20_000 }).status).toBe(0);
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(JSON.parse(runc(["state", "two"]).said)).toMatchObject({
      id: "two",
      status: "created",
      pid,
      bundle: folder,
    });
    expect(runc(["exec", "two", "/bin/sh"])).toEqual({
      code: 1,
      said: "tsbuild-runc: container two is created, not running\n",
    });
    expect(runc(["list", "-q"]).said).toBe("two\n");
    expect(runc(["kill", "two", "KILL"]).code).toBe(0);
    expect(runc(["delete", "--force", "two"])).toEqual({ code: 0, said: "" });
    expect(runc(["state", "two"]).said).toMatch(/there is no container "two"/);
  });

  test("what is unknown is refused with how it is used", () => {
    expect(runc(["checkpoint"])).toMatchObject({ code: 1, said: expect.stringContaining("Usage: tsbuild-runc") });
    expect(JSON.parse(runc(["features"]).said)).toMatchObject({ ociVersionMin: "1.0.0" });
  });
});
