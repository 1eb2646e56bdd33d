import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestOf, type Layer, MEDIA_TYPE, TsbuildError } from "@tsbuild/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BuildError } from "../build-error.ts";
import type { BuildEvent } from "../event.ts";
import type { Vertex } from "../graph/op.ts";
import { type BuildCache, openCache } from "./cache.ts";
import { cacheKeyOf } from "./cache-key.ts";
import type { OpContext, OpRunner } from "./op-runner.ts";
import { solve } from "./solver.ts";

let folder: string;
let cache: BuildCache;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-solver-"));
  cache = openCache(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A vertex of toy ops: named, with what it does in its name. */
function vertex(name: string, inputs: readonly Vertex[] = [], noCache = false): Vertex {
  const digest = digestOf([name, ...inputs.map((input) => input.digest)].join(" "));
  return { digest, op: { type: "local", name }, inputs, meta: { name, ...(noCache ? { noCache } : {}) } };
}

function layerOf(text: string): Layer {
  const digest = digestOf(text);
  return { descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size: text.length }, diffId: digest };
}

interface Toys extends OpRunner {
  readonly calls: string[];
  readonly gone: Set<Digest>;
  peak: number;
}

/** Ops that count their calls; `work` may fail, wait or make something else of a name. */
function toys(work: (name: string, context: OpContext) => Promise<string | undefined> = async () => undefined): Toys {
  let running = 0;
  const toys: Toys = {
    calls: [],
    gone: new Set(),
    peak: 0,
    cacheKey: async (vertex, inputs) => cacheKeyOf({ name: vertex.meta.name, inputs: inputs.map(({ key }) => key) }),
    restore: async (_vertex, _inputs, kept) =>
      kept.layers.some(({ diffId }) => toys.gone.has(diffId)) ? undefined : kept.layers,
    execute: async (vertex, inputs, context) => {
      toys.calls.push(vertex.meta.name);
      toys.peak = Math.max(toys.peak, ++running);
      try {
        const made = (await work(vertex.meta.name, context)) ?? vertex.meta.name;
        return { layers: [...inputs.flatMap((input) => input.layers), layerOf(made)] };
      } finally {
        running--;
      }
    },
  };
  return toys;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("solve", () => {
  test("runs inputs before users and each vertex once", async () => {
    const base = vertex("base");
    const root = vertex("root", [vertex("left", [base]), vertex("right", [base])]);
    const runner = toys();
    const { results, steps } = await solve({ root, runner, cache });
    expect(runner.calls[0]).toBe("base");
    expect(runner.calls.at(-1)).toBe("root");
    expect(runner.calls.toSorted()).toEqual(["base", "left", "right", "root"]);
    expect(steps.map(({ cached }) => cached)).toEqual([false, false, false, false]);
    expect(results.get(root.digest)?.layers.map(({ diffId }) => diffId)).toEqual(
      ["base", "left", "base", "right", "root"].map((name) => digestOf(name)),
    );
  });

  test("takes everything from the cache the second time", async () => {
    const root = vertex("b", [vertex("a")]);
    const first = await solve({ root, runner: toys(), cache });
    const runner = toys();
    const second = await solve({ root, runner, cache: openCache(folder) });
    expect(runner.calls).toEqual([]);
    expect(second.steps.every(({ cached }) => cached)).toBe(true);
    expect(second.results.get(root.digest)).toEqual(first.results.get(root.digest));
  });

  test("runs what a changed input leads to, and no more", async () => {
    await solve({ root: vertex("c", [vertex("a"), vertex("b")]), runner: toys(), cache });
    const runner = toys();
    await solve({ root: vertex("c", [vertex("a"), vertex("b2")]), runner, cache });
    expect(runner.calls.toSorted()).toEqual(["b2", "c"]);
  });

  test("runs again what is gone", async () => {
    const root = vertex("b", [vertex("a")]);
    await solve({ root, runner: toys(), cache });
    const runner = toys();
    runner.gone.add(digestOf("b"));
    await solve({ root, runner, cache });
    expect(runner.calls).toEqual(["b"]);
  });

  test("a damaged record is a miss", async () => {
    const root = vertex("a");
    await solve({ root, runner: toys(), cache });
    for (const name of readdirSync(join(folder, "records"))) writeFileSync(join(folder, "records", name), "{");
    const runner = toys();
    await solve({ root, runner, cache });
    expect(runner.calls).toEqual(["a"]);
  });

  test("noCache runs everything and still fills the cache", async () => {
    const root = vertex("b", [vertex("a")]);
    const runner = toys();
    await solve({ root, runner, cache, noCache: true });
    await solve({ root, runner, cache, noCache: true });
    expect(runner.calls).toEqual(["a", "b", "a", "b"]);
    await solve({ root, runner, cache });
    expect(runner.calls).toHaveLength(4);
  });

  test("a vertex can ask for no cache", async () => {
    const root = vertex("b", [vertex("a", [], true)]);
    const runner = toys();
    await solve({ root, runner, cache });
    await solve({ root, runner, cache });
    expect(runner.calls).toEqual(["a", "b", "a"]);
  });

  test("two vertices with one key run once", async () => {
    const other: Vertex = { ...vertex("a"), digest: digestOf("another name for a") };
    const runner = toys(() => pause(5).then(() => undefined));
    await solve({ root: vertex("root", [vertex("a"), other]), runner, cache });
    expect(runner.calls).toEqual(["a", "root"]);
  });

  test.each([
    { jobs: 1, peak: 1 },
    { jobs: 3, peak: 3 },
    { jobs: undefined, peak: 8 },
  ])("keeps to $jobs jobs", async ({ jobs, peak }) => {
    const inputs = Array.from({ length: 20 }, (_, index) => vertex(`v${index}`));
    const runner = toys(() => pause(2).then(() => undefined));
    await solve({ root: vertex("root", inputs), runner, cache, jobs });
    expect(runner.peak).toBe(peak);
  });

  test("the first failure stops the rest and names its vertex", async () => {
    const bad = vertex("bad");
    const stopped: string[] = [];
    const runner = toys(async (name, { signal }) => {
      if (name === "bad") throw new TsbuildError("COMMAND_FAILED", "it broke", { hint: "mend it" });
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
      return undefined;
    });
    const events: BuildEvent[] = [];
    const request = { root: vertex("root", [vertex("slow"), bad]), runner, cache };
    const error: unknown = await solve({ ...request, onEvent: (event) => events.push(event) }).catch((e: unknown) => e);
    stopped.push(...runner.calls);
    expect(error).toBeInstanceOf(BuildError);
    expect(error).toMatchObject({ code: "COMMAND_FAILED", message: "it broke", hint: "mend it", vertex: bad.digest });
    expect(stopped.toSorted()).toEqual(["bad", "slow"]);
    expect(events.filter(({ type }) => type === "vertex.failed")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "vertex.completed")).toHaveLength(0);
  });

  test("an abort rejects with the reason, after all work has ended", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let ended = false;
    const runner = toys(async (_name, { signal }) => {
      controller.abort(reason);
      await pause(5);
      ended = true;
      signal?.throwIfAborted();
      return undefined;
    });
    const solving = solve({ root: vertex("b", [vertex("a")]), runner, cache, signal: controller.signal });
    await expect(solving).rejects.toBe(reason);
    expect(ended).toBe(true);
    expect(runner.calls).toEqual(["a"]);
  });

  test("tells what is planned before anything starts", async () => {
    const events: BuildEvent[] = [];
    const root = vertex("b", [vertex("a")]);
    await solve({ root, runner: toys(), cache, onEvent: (event) => events.push(event) });
    expect(events.map((event) => `${event.type} ${"name" in event ? event.name : ""}`.trim())).toEqual([
      "vertex.planned a",
      "vertex.planned b",
      "vertex.started a",
      "vertex.completed",
      "vertex.started b",
      "vertex.completed",
    ]);
  });
});

describe("cache keys", () => {
  test("do not depend on the order of names", () => {
    expect(cacheKeyOf({ a: 1, b: 2 }).digest).toBe(cacheKeyOf({ b: 2, a: 1 }).digest);
  });

  test.each([
    [{ parts: ["ab", "c"] }, { parts: ["a", "bc"] }],
    [{ parts: ["a,b"] }, { parts: ["a", "b"] }],
    [{ a: "1" }, { a: 1 }],
    [{ a: ["b"] }, { a: "b" }],
    [{ a: "\udc80" }, { a: "\udc81" }],
    [{ a: "" }, {}],
    [{ a: null }, {}],
  ])("tell %j from %j", (left, right) => {
    expect(cacheKeyOf(left).digest).not.toBe(cacheKeyOf(right).digest);
  });
});

test("a record keeps what its key was made of", () => {
  const key = cacheKeyOf({ type: "exec", args: ["true"] });
  cache.save(key, { description: "RUN true" }, { layers: [layerOf("x")], notes: { etag: "1" } });
  expect(cache.load(key.digest)).toMatchObject({
    preimage: key.preimage,
    notes: { etag: "1" },
    description: "RUN true",
  });
  expect(cache.entries().map((entry) => entry.key)).toEqual([key.digest]);
  expect(readdirSync(join(folder, "records"))).toHaveLength(1);
  expect(readFileSync(join(folder, "records", readdirSync(join(folder, "records"))[0] ?? ""), "utf8")).toContain(
    "exec",
  );
  cache.remove(key.digest);
  expect(cache.load(key.digest)).toBeUndefined();
});
