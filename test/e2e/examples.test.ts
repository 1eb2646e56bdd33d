import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createTestRegistry, type TestRegistry } from "@tsbuild/registry-client/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, succeed, type Workbench } from "../support/tsbuild.ts";

const BASE = "docker.io/tsbuild/node:demo";

describe("the examples", () => {
  let bench: Workbench;
  let registry: TestRegistry;
  const example = (name: string, ...args: string[]): Promise<string> =>
    succeed(process.execPath, [resolve("examples", name), ...args], { env: bench.env });

  beforeAll(async () => {
    bench = await openWorkbench();
    registry = await createTestRegistry();
  });

  afterAll(async () => {
    await registry?.close();
    await bench?.close();
  });

  test("base-image assembles an image from this machine's Node", async () => {
    expect(await example("base-image.mjs", BASE)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("run-command runs a command in it", async () => {
    expect(await example("run-command.mjs", BASE, "/usr/bin/node", "--version")).toBe(process.version);
  });

  test("build-dockerfile builds the web example, the second time from the cache", async () => {
    const folder = resolve("examples/web");
    await bench.ok(["tag", "tsbuild/node:demo", "example/base"]);
    const first = (await example("build-dockerfile.mjs", folder, "docker.io/example/web:1")).split("\n");
    const second = (await example("build-dockerfile.mjs", folder, "docker.io/example/web:1")).split("\n");
    expect(second.at(-1)).toBe(first.at(-1));
    expect(second.slice(0, -1).filter((line) => !line.startsWith("cached"))).toEqual([]);
  });

  test("build-fluent describes an image in code", async () => {
    const layout = join(bench.folder, "fluent");
    expect(await example("build-fluent.mjs", BASE, resolve("examples/web/src"), layout)).toMatch(/^sha256:/);
    expect(existsSync(join(layout, "index.json"))).toBe(true);
  });

  test("assemble-image makes an image as data", async () => {
    const layout = join(bench.folder, "data");
    expect(await example("assemble-image.mjs", layout)).toMatch(/^sha256:/);
    expect(existsSync(join(layout, "index.json"))).toBe(true);
  });

  test("copy-between-registries copies", async () => {
    await bench.ok(["copy", `oci:${join(bench.folder, "data")}:hello:1`, `docker://${registry.host}/a/hello:1`]);
    const digest = await example(
      "copy-between-registries.mjs",
      `${registry.host}/a/hello`,
      `${registry.host}/b/hello`,
      "1",
    );
    expect(
      await example("copy-between-registries.mjs", `${registry.host}/b/hello`, `${registry.host}/c/hello`, "1"),
    ).toBe(digest);
  });

  test("parse-and-lint reads a Dockerfile", async () => {
    expect(await example("parse-and-lint.mjs", resolve("examples/web/Dockerfile"))).toContain("line 7: to ./");
  });
});
