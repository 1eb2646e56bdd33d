import { digestOf } from "@tsbuild/oci";
import { canonicalText } from "./canonical-text.ts";
import type { Op, Vertex, VertexMeta } from "./op.ts";

/** Raised whenever an op comes to mean something else. */
const VERSION = 1;

/** Makes the vertices of one graph: what is the same step is the same object. */
export type VertexFactory = (op: Op, inputs: readonly Vertex[], meta: VertexMeta) => Vertex;

/**
 * A step of a graph. Its digest covers `op` and the digests of `inputs`, in order, and never `meta`.
 *
 * An op without inputs that asks for them is the caller's mistake and is not found out here.
 */
export function vertex(op: Op, inputs: readonly Vertex[], meta: VertexMeta): Vertex {
  const preimage = canonicalText([op, inputs.map((input) => input.digest)]);
  return { digest: digestOf(`tsbuild.vertex.v${VERSION}\n${preimage}`), op, inputs, meta };
}

/**
 * A factory whose identical steps share one vertex: the first one's, with its name. Only `noCache` is taken over from a
 * later one, as a step that any of its users wants to run anew has to run.
 */
export function vertexFactory(): VertexFactory {
  const made = new Map<string, { vertex: Vertex; meta: { noCache?: boolean } }>();
  return (op, inputs, meta) => {
    const own = { ...meta };
    const candidate = vertex(op, inputs, own);
    const known = made.get(candidate.digest);
    if (known === undefined) {
      made.set(candidate.digest, { vertex: candidate, meta: own });
      return candidate;
    }
    if (meta.noCache === true) known.meta.noCache = true;
    return known.vertex;
  };
}

/** All steps that `roots` need and these themselves, each once, inputs before users. */
export function verticesOf(...roots: readonly (Vertex | undefined)[]): readonly Vertex[] {
  const seen = new Set<string>();
  const order: Vertex[] = [];
  const visit = (step: Vertex): void => {
    if (seen.has(step.digest)) return;
    seen.add(step.digest);
    for (const input of step.inputs) visit(input);
    order.push(step);
  };
  for (const root of roots) if (root !== undefined) visit(root);
  return order;
}
