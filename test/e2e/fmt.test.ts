import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "../support/tsbuild.ts";

const UNTIDY = "from  a as x\nrun b \\\n  c  \n";
const TIDY = "FROM a AS x\nRUN b \\\n    c\n";

describe("tsbuild fmt", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench?.close());

  const file = (name: string, content: string | Uint8Array) => {
    const path = join(bench.folder, name);
    writeFileSync(path, content);
    return path;
  };

  test("rewrites files and keeps their mode; a second time nothing changes", async () => {
    const path = file("Dockerfile", UNTIDY);
    chmodSync(path, 0o640);
    expect(await bench.run(["fmt"], { cwd: bench.folder })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(path, "utf8")).toBe(TIDY);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect((await bench.run(["fmt", "--check", path])).code).toBe(0);
  });

  test("--check names the files that would change, writes none and exits 1", async () => {
    const [tidy, untidy] = [file("tidy", TIDY), file("untidy", UNTIDY)];
    expect(await bench.run(["fmt", "--check", tidy, untidy])).toMatchObject({ code: 1, stdout: `${untidy}\n` });
    expect(readFileSync(untidy, "utf8")).toBe(UNTIDY);
  });

  test("- reads stdin and writes stdout", async () => {
    expect(await bench.run(["fmt", "-"], { input: UNTIDY })).toEqual({ code: 0, stdout: TIDY, stderr: "" });
    expect((await bench.run(["fmt", "--indent", "2", "-"], { input: UNTIDY })).stdout).toContain("\n  c\n");
  });

  test("a file with errors stays, and they are told", async () => {
    const path = file("broken", "from  a\nrnu b\n");
    const { code, stdout, stderr } = await bench.run(["fmt", path]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/unknown instruction: rnu/);
    expect(stderr).toMatch(/broken:2:1/);
    expect(readFileSync(path, "utf8")).toBe("from  a\nrnu b\n");
  });

  test("what is not UTF-8 is not rewritten", async () => {
    const content = Buffer.from("from  a\nLABEL a=\xff\n", "latin1");
    const path = file("latin", content);
    const { code, stderr } = await bench.run(["fmt", path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/not UTF-8/);
    expect(readFileSync(path)).toEqual(content);
  });

  test("wrong usage", async () => {
    expect((await bench.run(["fmt", "--indent", "x", "-"], { input: "" })).code).toBe(2);
    expect((await bench.run(["fmt", join(bench.folder, "absent")])).stderr).toMatch(/cannot read the Dockerfile/);
  });
});

describe("tsbuild parse", () => {
  test("prints the tree, with --syntax also what is broken", async () => {
    const bench = await openWorkbench();
    try {
      const { code, stdout } = await bench.run(["parse", "--compact", "--syntax", "-"], { input: "FROM a\nRNU b\n" });
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        dockerfile: { stages: [{ from: { image: { text: "a" } } }] },
        diagnostics: [{ code: "UNKNOWN_INSTRUCTION" }],
        syntax: { nodes: [{}, { keyword: { text: "RNU" } }] },
      });
    } finally {
      await bench.close();
    }
  });
});
