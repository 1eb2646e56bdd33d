import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LocalOp, Op, Vertex } from "./op.ts";
import { vertex, vertexFactory, verticesOf } from "./vertex.ts";

const a: LocalOp = { type: "local", name: "a" };
const b: LocalOp = { type: "local", name: "b" };
const merge: Op = { type: "merge" };

/** Graphs as nested lists of names: a list is a merge of what it has. */
const { graph } = fc.letrec<{ graph: unknown }>((tie) => ({
  graph: fc.oneof({ maxDepth: 4 }, fc.string({ maxLength: 3 }), fc.array(tie("graph"), { maxLength: 4 })),
}));

function build(plan: unknown): Vertex {
  if (Array.isArray(plan)) return vertex(merge, plan.map(build), { name: "merge" });
  return vertex({ type: "local", name: String(plan) }, [], { name: "local" });
}

describe("the digest of a vertex", () => {
  test("covers op and inputs, in order", () => {
    const [one, two] = [vertex(a, [], { name: "" }), vertex(b, [], { name: "" })];
    const merged = (inputs: readonly Vertex[]): string => vertex(merge, inputs, { name: "" }).digest;
    expect(new Set([one.digest, two.digest, merged([one]), merged([one, two]), merged([two, one])]).size).toBe(5);
  });

  test("does not cover the meta data or the order of an op's members", () => {
    expect(vertex({ type: "local", name: "a" }, [], { name: "x" }).digest).toBe(
      vertex({ name: "a", type: "local" }, [], { name: "y", noCache: true }).digest,
    );
  });

  test("is the same for equal graphs only", () => {
    const texts = new Map<string, string>();
    fc.assert(
      fc.property(graph, (plan) => {
        const { digest } = build(plan);
        const text = JSON.stringify(plan);
        expect(texts.get(digest) ?? text).toBe(text);
        texts.set(digest, text);
      }),
    );
  });
});

describe("a factory", () => {
  test("makes one vertex of equal steps, with the first one's name", () => {
    const make = vertexFactory();
    const first = make(a, [], { name: "first" });
    expect(make(a, [], { name: "second" })).toBe(first);
    expect(first.meta.name).toBe("first");
    expect(make(b, [], { name: "third" })).not.toBe(first);
  });

  test("runs a step anew where one of its users wants that", () => {
    const make = vertexFactory();
    const first = make(a, [], { name: "first" });
    make(a, [], { name: "second", noCache: true });
    expect(first.meta.noCache).toBe(true);
  });
});

test("verticesOf lists each step once, inputs first", () => {
  const make = vertexFactory();
  const [one, two] = [make(a, [], { name: "a" }), make(b, [], { name: "b" })];
  const inner = make(merge, [one, two], { name: "inner" });
  const outer = make(merge, [one, inner], { name: "outer" });
  expect(verticesOf(outer)).toEqual([one, two, inner, outer]);
  expect(verticesOf(undefined)).toEqual([]);
});
