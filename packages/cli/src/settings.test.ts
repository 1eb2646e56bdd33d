import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseMirrors, readSettings } from "./settings.ts";

const home = mkdtempSync(join(tmpdir(), "tsbuild-settings-"));
afterAll(() => rmSync(home, { recursive: true }));

function read(env: Record<string, string>): ReturnType<typeof readSettings> {
  return readSettings({ env, home, cwd: "/work" });
}

function configFile(content: string): string {
  const file = join(home, "config.json");
  writeFileSync(file, content);
  return file;
}

test("without any variable: XDG's folders, nothing special", () => {
  expect(read({})).toEqual({
    root: join(home, ".local/share/tsbuild"),
    mirrors: {},
    secure: [],
    authorities: [],
    insecure: [],
    runtime: undefined,
    proxy: { http: undefined, https: undefined, no: undefined },
    docker: { env: {}, home },
    epoch: undefined,
    color: true,
    progress: "auto",
    configFile: join(home, ".config/tsbuild/config.json"),
  });
});

test("every variable", () => {
  const settings = read({
    TSBUILD_ROOT: "store",
    TSBUILD_REGISTRY_MIRROR: "http://127.0.0.1:5000",
    TSBUILD_INSECURE_REGISTRIES: "a:5000, b",
    TSBUILD_RUNTIME: "crun",
    HTTPS_PROXY: "http://proxy:1",
    no_proxy: "localhost",
    SOURCE_DATE_EPOCH: "1700000000",
    NO_COLOR: "1",
    BUILDKIT_PROGRESS: "rawjson",
  });
  expect(settings).toMatchObject({
    root: "/work/store",
    mirrors: { "docker.io": ["http://127.0.0.1:5000"] },
    insecure: ["a:5000", "b"],
    runtime: "crun",
    proxy: { http: undefined, https: "http://proxy:1", no: "localhost" },
    epoch: 1_700_000_000,
    color: false,
    progress: "json",
  });
});

test("the config file, and that variables win", () => {
  const file = configFile(
    '{"root": "/data", "runtime": "runc", "insecure": ["r:1"], "mirrors": {"docker.io": "http://m:1", "q": ["http://a", "http://b"]}}',
  );
  expect(read({ TSBUILD_CONFIG: file })).toMatchObject({
    root: "/data",
    runtime: "runc",
    insecure: ["r:1"],
    mirrors: { "docker.io": ["http://m:1"], q: ["http://a", "http://b"] },
  });
  expect(read({ TSBUILD_CONFIG: file, TSBUILD_ROOT: "/other", TSBUILD_RUNTIME: "native" })).toMatchObject({
    root: "/other",
    runtime: "native",
  });
});

test("mirrors of several registries", () => {
  expect(parseMirrors("https://m1,quay.io=http://m2/v2?x=y,quay.io=http://m3")).toEqual({
    "docker.io": ["https://m1"],
    "quay.io": ["http://m2/v2?x=y", "http://m3"],
  });
});

describe("refuses", () => {
  test.each([
    { TSBUILD_REGISTRY_MIRROR: "localhost:5000" },
    { TSBUILD_RUNTIME: "docker" },
    { SOURCE_DATE_EPOCH: "yesterday" },
    { BUILDKIT_PROGRESS: "loud" },
    { TSBUILD_CONFIG: "/absent/config.json" },
  ])("%j", (env) => {
    expect(() => read(env)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  test.each(["[]", "{", '{"mirors": {}}', '{"insecure": "a"}', '{"mirrors": {"a": 1}}'])(
    "a config file %s",
    (content) => {
      expect(() => read({ TSBUILD_CONFIG: configFile(content) })).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );
});
