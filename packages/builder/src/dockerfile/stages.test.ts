import { digestOf } from "@tsbuild/oci";
import { parseDockerfile } from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { compileText, fakeRegistry, imageConfig, namesOf, stepNamed } from "../../../../test/support/compile-text.ts";
import { compileDockerfile } from "./compile.ts";

const platform = { os: "linux", architecture: "amd64" };

async function askedFor(text: string, target?: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const options = { platform, ...(target === undefined ? {} : { target }) };
  await compileDockerfile(parseDockerfile(text), options, fakeRegistry({}, asked));
  return asked.map((name) => name.replace("docker.io/library/", "")).sort();
}

describe("which images are asked for", () => {
  const cases: readonly (readonly [name: string, text: string, asked: readonly string[], target?: string])[] = [
    ["only what the last stage needs", "FROM a AS x\nFROM b AS y\nFROM c", ["c:latest"]],
    ["what it copies from", "FROM a AS x\nFROM b\nCOPY --from=x / /", ["a:latest", "b:latest"]],
    ["images it copies from", "FROM b\nCOPY --from=c:1 / /", ["b:latest", "c:1"]],
    ["what it mounts", "FROM a AS x\nFROM b\nRUN --mount=from=x,target=/m y", ["a:latest", "b:latest"]],
    ["by index", "FROM a\nFROM b\nCOPY --from=0 / /", ["a:latest", "b:latest"]],
    ["by a global argument", "ARG S=x\nFROM a AS x\nFROM b\nCOPY --from=$S / /", ["a:latest", "b:latest"]],
    ["each once", "FROM a AS x\nFROM a AS y\nFROM a\nCOPY --from=x / /\nCOPY --from=y / /", ["a:latest"]],
    ["nothing for scratch", "FROM scratch\nCOPY . /", []],
    ["for the target", "FROM a AS x\nFROM b", ["a:latest"], "X"],
    ["for the target by index", "FROM a AS x\nFROM b", ["a:latest"], "0"],
    ["a name in capitals is a stage for COPY", "FROM a AS X\nFROM b\nCOPY --from=X / /", ["a:latest", "b:latest"]],
  ];
  for (const [name, text, asked, target] of cases) {
    test(name, async () => expect(await askedFor(text, target)).toEqual(asked));
  }

  test("all at a time", async () => {
    let waiting = 0;
    let release = (): void => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const compiled = await compileDockerfile(
      parseDockerfile("FROM a AS x\nFROM b AS y\nFROM c\nCOPY --from=x / /\nCOPY --from=y / /"),
      { platform },
      {
        async resolveImage(reference) {
          waiting += 1;
          if (waiting === 3) release();
          await all;
          return { reference, digest: digestOf(reference), config: imageConfig() };
        },
      },
    );
    expect(compiled.history).toHaveLength(2);
  });

  test("no more after an abort", async () => {
    const reason = new Error("stop");
    const ports = { ...fakeRegistry(), signal: AbortSignal.abort(reason) };
    await expect(compileDockerfile(parseDockerfile("FROM a"), { platform }, ports)).rejects.toBe(reason);
  });
});

const mistakes: readonly (readonly [text: string, message: string, target?: string])[] = [
  ["FROM a AS build", 'target stage "bulid" could not be found (did you mean build?)', "bulid"],
  ["FROM a AS x\nCOPY --from=x / /", "circular dependency detected on stage: x"],
  ["FROM a AS x\nCOPY --from=y / /\nFROM b AS y\nCOPY --from=x / /", "circular dependency detected on stage: x"],
  [
    "FROM a AS x\nCOPY --from=y / /\nFROM b AS y\nFROM x",
    'cannot copy from stage "y", it needs to be defined before current stage "x"',
  ],
  [
    "FROM a AS x\nRUN --mount=from=y,target=/m z\nFROM b AS y\nFROM x",
    'cannot mount from stage "y" to "/m", stage needs to be defined before current command',
  ],
  ["FROM a\nCOPY --from=7 / /", "invalid stage index 7"],
  ["ARG B\nFROM $B", "base name ($B) should not be blank"],
  [
    "FROM Foo",
    'failed to parse stage name "Foo": invalid reference format: repository name (library/Foo) must be lowercase',
  ],
  ["FROM --platform=$NONE a", "empty platform value from expression $NONE"],
];

describe("mistakes in how stages hang together", () => {
  for (const [text, message, target] of mistakes) {
    test(message, async () => {
      const compiling = compileText(text, target === undefined ? {} : { target });
      await expect(compiling).rejects.toMatchObject({ code: "DOCKERFILE_INVALID", diagnostics: [{ message }] });
    });
  }

  test("an image that is missing and nearly a stage", async () => {
    const compiling = compileText("FROM a AS missin\nFROM b\nCOPY --from=missing / /");
    await expect(compiling).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND", hint: "did you mean the stage missin?" });
  });
});

test("a base image for another processor is a warning", async () => {
  const { diagnostics } = await compileText(
    "FROM a\n",
    {},
    { "docker.io/library/a:latest": { architecture: "arm64" } },
  );
  expect(diagnostics).toMatchObject([
    {
      code: "InvalidBaseImagePlatform",
      severity: "warning",
      message: 'Base image a was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
      range: { start: { line: 1 } },
    },
  ]);
});

describe("ONBUILD", () => {
  const images = {
    "docker.io/library/base:latest": { config: { OnBuild: ["ARG V", "COPY --from=tools /t /t", "RUN t"] } },
  };

  test("triggers of an image run first, may need another image, and are gone afterwards", async () => {
    const compiled = await compileText("FROM base\nRUN own\n", {}, images);
    expect(compiled.history.map((step) => step.createdBy)).toEqual([
      "ARG V",
      "COPY /t /t # buildkit",
      "RUN |1 V= /bin/sh -c t # buildkit",
      "RUN |1 V= /bin/sh -c own # buildkit",
    ]);
    expect(compiled.config.OnBuild).toBeUndefined();
    expect(namesOf(compiled)).toContain("[3/4] ONBUILD RUN t");
  });

  test("triggers of a stage run in its children, not in their children", async () => {
    const text = "FROM a AS x\nONBUILD ENV K=1\nFROM x AS y\nFROM y AS z\nENV L=$K\n";
    const { history } = await compileText(text);
    expect(history.map((step) => step.createdBy)).toEqual(["ENV K=1", "ENV L=1"]);
  });

  test("a trigger that cannot be read is a mistake of the FROM", async () => {
    const bad = { "docker.io/library/base:latest": { config: { OnBuild: ["BOGUS x"] } } };
    await expect(compileText("FROM a AS x\nFROM base\n", {}, bad)).rejects.toMatchObject({
      diagnostics: [{ message: "unknown instruction: BOGUS", range: { start: { line: 2 } } }],
    });
  });
});

describe("named contexts", () => {
  test("an image in place of a base, a folder in place of an image, a folder in place of a stage", async () => {
    const text = "FROM node:20 AS b\nFROM a AS src\nRUN never\nFROM b\nCOPY --from=src /x /\nCOPY --from=lib /y /\n";
    const compiled = await compileText(text, {
      namedContexts: { "node:20": "docker-image://mirror/node:20", src: "./src", lib: "../lib" },
    });
    expect(namesOf(compiled).join()).toContain("FROM docker.io/mirror/node:20@sha256:");
    expect([...(compiled.contexts ?? [])]).toEqual([
      ["src", { directory: "./src" }],
      ["lib", { directory: "../lib" }],
    ]);
    expect(namesOf(compiled).join()).not.toContain("never");
  });

  test("a folder as a base is one layer", async () => {
    const compiled = await compileText("FROM files\nCOPY x /\n", { namedContexts: { files: "/f" } });
    expect(compiled.history.map((step) => step.createdBy)).toEqual(["FROM files", "COPY x / # buildkit"]);
    expect(compiled.history.every((step) => step.vertex !== undefined)).toBe(true);
  });
});

describe("the graph", () => {
  test("is named as BuildKit names its steps", async () => {
    const compiled = await compileText("FROM a AS b\nWORKDIR /w\nENV K=v\nRUN  make $K\nFROM b\nCOPY x y/\n");
    expect(namesOf(compiled)).toEqual([
      `[b 1/3] FROM docker.io/library/a:latest@${digestOf("docker.io/library/a:latest")}`,
      "[b 2/3] WORKDIR /w",
      "[b 3/3] RUN  make v",
      "[internal] load build context",
      "[stage-1 1/1] COPY x y/",
    ]);
  });

  test("has equal steps once", async () => {
    const compiled = await compileText(
      "FROM a AS x\nRUN one\nFROM a AS y\nRUN one\nFROM scratch\nCOPY --from=x /1 /\nCOPY --from=y /2 /\n",
    );
    expect(namesOf(compiled).filter((name) => name.endsWith("RUN one"))).toHaveLength(1);
  });

  test("marks what is not to be taken from the cache", async () => {
    const text = "FROM a AS x\nRUN one\nFROM x AS y\nRUN two\n";
    const filtered = await compileText(text, { noCacheFilter: ["X"] });
    expect(stepNamed(filtered, "RUN one").meta.noCache).toBe(true);
    expect(stepNamed(filtered, "RUN two").meta.noCache).toBeUndefined();
    expect(stepNamed(await compileText(text, { noCache: true }), "RUN two").meta.noCache).toBe(true);
  });
});
