import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digestOf, extendImage, type LocalStore, openStore, scratch, writeLayer } from "@tsbuild/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Builder, BuildResult, DockerfileOptions } from "../builder.ts";
import { createBuilder } from "../create-builder.ts";
import type { BuildEvent } from "../event.ts";
import type { StepReason } from "./reason.ts";
import { reasonLines } from "./sentences.ts";

let folder: string;
let context: string;
let store: LocalStore;
let builder: Builder;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-explain-"));
  context = join(folder, "context");
  store = await openStore(join(folder, "store"));
  builder = await createBuilder({ store });
  files({ "app/main.js": "main", "app/lib/util.js": "util", "package.json": "{}" });
});

afterEach(async () => {
  await builder.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function files(entries: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(entries)) {
    const path = join(context, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function build(dockerfileText: string, options: Partial<DockerfileOptions> = {}): Promise<BuildResult> {
  return builder.buildDockerfile({ context, dockerfileText, explain: true, ...options });
}

/** Why each step ran, by the instruction. */
function reasons({ steps }: BuildResult): Readonly<Record<string, StepReason>> {
  return Object.fromEntries(
    steps.flatMap(({ name, reason }) => (reason === undefined ? [] : [[name.replace(/^\[[^\]]*\] /, ""), reason]])),
  );
}

function lines(result: BuildResult): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(reasons(result)).map(([name, reason]) => [name, reasonLines(reason)]));
}

async function baseImage(text: string): Promise<void> {
  const layer = await writeLayer(store, [{ path: "etc/release", content: text }]);
  const image = await extendImage(store, scratch("linux/amd64"), { layers: [layer] });
  await store.tag(image.descriptor, "base:1");
}

const COPIES = "FROM scratch\nCOPY package.json /\nCOPY app /app\nWORKDIR /app\n";

describe("why a step ran", () => {
  test("the first time it is new; the second time nothing runs", async () => {
    const first = await build(COPIES);
    expect(new Set(Object.values(reasons(first)).map(({ type }) => type))).toEqual(new Set(["new"]));
    expect(reasons(await build(COPIES))).toEqual({});
  });

  test("files are named, with old and new digest, and the steps above with the step below", async () => {
    await build(COPIES);
    files({ "app/main.js": "changed", "app/extra.js": "extra" });
    rmSync(join(context, "app/lib/util.js"));
    expect(lines(await build(COPIES))).toEqual({
      "COPY app /app": [
        "3 files for /app changed",
        "  app/extra.js: added",
        "  app/lib/util.js: removed",
        `  app/main.js: content ${shortDigest("main")} -> ${shortDigest("changed")}`,
      ],
      "WORKDIR /app": ["it goes on top of what was made anew: [2/3] COPY app /app"],
    });
  });

  test.each([
    ["a mode", () => chmodSync(join(context, "app/main.js"), 0o755), ["  app/main.js: mode 644 -> 755"]],
    [
      "a new name",
      () => renameSync(join(context, "app/main.js"), join(context, "app/index.js")),
      ["  app/index.js: added", "  app/main.js: removed"],
    ],
  ])("%s", async (_what, change, expected) => {
    chmodSync(join(context, "app/main.js"), 0o644);
    await build(COPIES);
    change();
    expect(lines(await build(COPIES))["COPY app /app"]?.slice(1)).toEqual(expected);
  });

  test("another instruction at the same place", async () => {
    await build(COPIES);
    const result = await build(COPIES.replace("COPY app /app", "COPY --chown=7 app /app"));
    expect(lines(result)["COPY --chown=7 app /app"]).toEqual(["owner of /app is new: 7"]);
  });

  test("another base image, with both digests", async () => {
    await baseImage("1");
    await build("FROM base:1\nCOPY app /app\n");
    await baseImage("2");
    const result = await build("FROM base:1\nCOPY app /app\n");
    expect(Object.values(lines(result))).toEqual([
      [expect.stringMatching(/^the image is another one: sha256:[0-9a-f]{64} -> sha256:[0-9a-f]{64}$/)],
      [expect.stringMatching(/^it goes on top of what was made anew: \[1\/2\] FROM docker.io\/library\/base:1@sha256/)],
    ]);
  });

  test("--no-cache", async () => {
    await build(COPIES);
    const result = await build(COPIES, { noCache: true });
    expect(new Set(Object.values(reasons(result)).map(({ type }) => type))).toEqual(new Set(["no-cache"]));
  });

  test("layers that are gone", async () => {
    const { config } = await build("FROM scratch\nWORKDIR /app\n");
    rmSync(store.blobPath(config.rootfs.diff_ids[0] as `sha256:${string}`));
    expect(Object.values(lines(await build("FROM scratch\nWORKDIR /app\n")))).toEqual([
      ["its layer was removed from the store since it was last built"],
    ]);
  });

  test("what another project built is nothing to compare with", async () => {
    await build(COPIES);
    const other = join(folder, "other");
    mkdirSync(join(other, "app"), { recursive: true });
    writeFileSync(join(other, "package.json"), "other");
    writeFileSync(join(other, "app/x"), "x");
    const result = await build("FROM scratch\nWORKDIR /\nENV a=b\nCOPY app /app\n", { context: other });
    expect(Object.values(reasons(result)).map(({ type }) => type)).toEqual(["new"]);
  });

  test("an event comes in front of the step's work, only where it was asked for", async () => {
    const seen: BuildEvent["type"][] = [];
    await build("FROM scratch\nCOPY app /app\n", { onEvent: ({ type }) => void seen.push(type) });
    const at = seen.indexOf("vertex.explained");
    expect(at).toBeGreaterThan(-1);
    expect(seen.indexOf("vertex.completed", at)).toBeGreaterThan(at);
    const silent: BuildEvent["type"][] = [];
    files({ "app/main.js": "x" });
    const onEvent = ({ type }: BuildEvent): void => void silent.push(type);
    await build("FROM scratch\nCOPY app /app\n", { explain: false, onEvent });
    expect(silent).not.toContain("vertex.explained");
  });
});

function shortDigest(text: string): string {
  return digestOf(text).slice(7, 23);
}
