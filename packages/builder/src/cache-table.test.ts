import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extendImage, type LocalStore, openStore, scratch, writeLayer } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Builder, DockerfileOptions } from "./builder.ts";
import { createBuilder } from "./create-builder.ts";
import { BUSYBOX } from "./testing/busybox.ts";

const canRun = process.platform === "linux" && BUSYBOX !== undefined;

const DOCKERFILE = `FROM base AS build
ARG VERSION=1
ENV MODE=fast
WORKDIR /src
COPY package.json ./
RUN --mount=type=secret,id=key --mount=type=cache,target=/cache echo $RANDOM > /cache/x; echo install > /installed
COPY src ./src
RUN --mount=type=bind,source=tools,target=/tools cat src/*.js > out
FROM base
COPY --from=build /src/out /out
COPY docs /docs
RUN echo done > /done
`;

const FILES: Readonly<Record<string, string>> = {
  "package.json": "{}",
  "src/a.js": "a",
  "src/b.js": "b",
  "docs/index.md": "docs",
  "tools/x": "x",
  "unused.txt": "unused",
  ".dockerignore": "*.log\n",
};

/** The steps that can rerun, in short. */
const STEPS: Readonly<Record<string, RegExp>> = {
  base: /^FROM/,
  workdir: /^WORKDIR/,
  package: /^COPY package/,
  install: /^RUN .*install/,
  src: /^COPY src/,
  cat: /^RUN .*cat src/,
  out: /^COPY --from/,
  docs: /^COPY docs/,
  done: /^RUN echo done/,
};
const INSTALL = ["install", "src", "cat"];
const FINAL = ["out", "docs", "done"];

let folder: string;
let context: string;
let store: LocalStore;
let builder: Builder;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-table-"));
  context = join(folder, "context");
  store = await openStore(join(folder, "store"));
  builder = await createBuilder({ store });
  if (!canRun) return;
  await base("1");
  reset();
  await builder.buildDockerfile({ context, dockerfileText: DOCKERFILE });
});

afterAll(async () => {
  // Unpacked files of other users are the runtime's to remove, for an ordinary user.
  await builder.prune({ all: true });
  await builder.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function reset(): void {
  rmSync(context, { recursive: true, force: true });
  for (const [name, text] of Object.entries(FILES)) write(name, text);
}

function write(name: string, text: string): void {
  const path = join(context, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function base(release: string): Promise<void> {
  const layer = await writeLayer(store, [
    { path: "bin/busybox", mode: 0o755, content: { file: BUSYBOX ?? "" } },
    ...["sh", "cat", "echo"].map((name) => ({ path: `bin/${name}`, type: "symlink" as const, linkTarget: "busybox" })),
    { path: "etc/release", content: release },
  ]);
  const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer], config: { Env: ["PATH=/bin"] } });
  await store.tag(image.descriptor, "base:latest");
}

function short(name: string): string {
  const instruction = name.replace(/^\[[^\]]*\] /, "");
  return Object.entries(STEPS).find(([, pattern]) => pattern.test(instruction))?.[0] ?? instruction;
}

interface Row {
  /** Changes the context, or the base image. */
  readonly change?: () => unknown;
  /** Changes the Dockerfile: the first text becomes the second. */
  readonly edit?: readonly [string, string];
  readonly options?: Partial<DockerfileOptions>;
  /** The steps that rerun, in any order. */
  readonly reruns: readonly string[];
}

const TABLE: Readonly<Record<string, Row>> = {
  nothing: { reruns: [] },
  "content of a file that is copied": {
    change: () => write("src/a.js", "changed"),
    reruns: ["src", "cat", ...FINAL],
  },
  "content that the RUN above does not use": {
    change: () => write("src/readme.md", "readme"),
    reruns: ["src", "cat"],
  },
  "content of a file that no step copies": { change: () => write("unused.txt", "changed"), reruns: [] },
  "mode of a file": { change: () => chmodSync(join(context, "src/a.js"), 0o755), reruns: ["src", "cat"] },
  "mode, where --chmod sets it": {
    edit: ["COPY docs", "COPY --chmod=644 docs"],
    change: () => chmodSync(join(context, "docs/index.md"), 0o600),
    reruns: ["COPY --chmod=644 docs /docs", "done"],
  },
  "times of files and folders": {
    change: () => {
      for (const name of ["src/a.js", "src", "docs/index.md"]) utimesSync(join(context, name), 1, 1);
    },
    reruns: [],
  },
  "a file's name": {
    change: () => renameSync(join(context, "src/a.js"), join(context, "src/aa.js")),
    reruns: ["src", "cat"],
  },
  "a link's target": {
    change: () => symlinkSync("a.js", join(context, "src/link")),
    reruns: ["src", "cat"],
  },
  "an argument that is declared": { options: { buildArgs: { VERSION: "2" } }, reruns: INSTALL },
  "an argument that is not": { options: { buildArgs: { OTHER: "2" } }, reruns: [] },
  "a proxy": { options: { buildArgs: { HTTPS_PROXY: "http://proxy.example" } }, reruns: [] },
  "a variable": { edit: ["ENV MODE=fast", "ENV MODE=slow"], reruns: INSTALL },
  "a label": { options: { labels: { a: "b" } }, reruns: [] },
  "the command of the image": { edit: ["RUN echo done > /done\n", 'RUN echo done > /done\nCMD ["x"]\n'], reruns: [] },
  "the ignore file, about what is not copied": { change: () => write(".dockerignore", "unused.txt\n"), reruns: [] },
  "the ignore file, about what is copied": {
    change: () => write(".dockerignore", "src/b.js\n"),
    reruns: ["src", "cat", ...FINAL],
  },
  "a secret's value": { options: { secrets: { key: "other" } }, reruns: [] },
  "a secret more": {
    edit: ["RUN --mount=type=secret,id=key", "RUN --mount=type=secret,id=key --mount=type=secret,id=second"],
    reruns: INSTALL,
  },
  "an ssh mount": { edit: ["RUN --mount=type=bind", "RUN --mount=type=ssh --mount=type=bind"], reruns: ["cat"] },
  "the content of a bind mount": { change: () => write("tools/x", "changed"), reruns: ["cat"] },
  "a tmpfs mount": {
    edit: ["RUN echo done", "RUN --mount=type=tmpfs,target=/t echo done"],
    reruns: ["RUN --mount=type=tmpfs,target=/t echo done > /done"],
  },
  "the target of a cache mount": { edit: ["target=/cache", "target=/cache,id=other"], reruns: INSTALL },
  "the network of RUN": { options: { network: "none" }, reruns: [...INSTALL, "done"] },
  "the name of the machine": { options: { hostname: "other" }, reruns: [...INSTALL, "done"] },
  "the user": { edit: ["RUN echo done", "USER 0\nRUN echo done"], reruns: ["done"] },
  "--no-cache-filter": { options: { noCacheFilter: ["build"] }, reruns: ["workdir", "package", ...INSTALL] },
  "a step less in front": { edit: ["COPY docs /docs\n", ""], reruns: ["done"] },
  // Last, as the name of the base stands for something else afterwards.
  "the base image": { change: () => base("2"), reruns: Object.keys(STEPS) },
};

describe.skipIf(!canRun)("what a single change reruns, and what plan says of it (needs a static busybox)", () => {
  test.each(Object.entries(TABLE))("%s", async (_name, { change, edit = ["", ""], options = {}, reruns }) => {
    reset();
    await change?.();
    const request = { context, dockerfileText: DOCKERFILE.replace(...edit), ...options };
    const plan = await builder.plan(request);
    const { steps } = await builder.buildDockerfile(request);
    const ran = steps.filter(({ cached }) => !cached).map(({ name }) => short(name));
    expect(ran.toSorted()).toEqual([...reruns].sort());
    const predicted = (wanted: string): readonly string[] =>
      plan.steps.filter(({ prediction }) => prediction === wanted).map(({ name }) => short(name));
    expect(predicted("run").filter((name) => !ran.includes(name))).toEqual([]);
    expect(predicted("hit").filter((name) => ran.includes(name))).toEqual([]);
  });
});
