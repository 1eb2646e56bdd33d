import { parsePlatform, TsbuildError } from "@tsbuild/oci";
import type { Compiled, HistoryStep, LocalContext } from "./compiled.ts";
import type { Op, Vertex } from "./op.ts";
import type { GraphDescription } from "./print.ts";
import { vertexFactory } from "./vertex.ts";

const OPS: ReadonlySet<unknown> = new Set<Op["type"]>(["image", "local", "http", "git", "exec", "file", "merge"]);

/**
 * The graph that a description stands for, as `describeGraph` made it. The digest of every step is computed anew, so that
 * a description that was edited without them is refused. What a description never has: folders of contexts, values of
 * secrets, proxies.
 *
 * @param contexts the folders behind the graph's local steps, by name
 * @throws TsbuildError GRAPH_INVALID
 */
export function readGraph(
  description: GraphDescription,
  { contexts = new Map() }: { readonly contexts?: ReadonlyMap<string, LocalContext> } = {},
): Compiled {
  if (!isDescription(description)) throw invalid("it is no description of a graph");
  const vertices = readVertices(description);
  const find = (digest: string | null): Vertex | undefined => (digest === null ? undefined : known(vertices, digest));
  const { config, author, baseHistory, epoch } = description;
  return {
    platform: parsePlatform(description.platform),
    root: find(description.root),
    config,
    author,
    baseHistory,
    history: description.history.map(({ vertex, ...step }): HistoryStep => ({ ...step, vertex: find(vertex) })),
    diagnostics: [],
    contexts,
    ...(epoch === undefined ? {} : { epoch }),
  };
}

function readVertices({ vertices }: GraphDescription): ReadonlyMap<string, Vertex> {
  const make = vertexFactory();
  const made = new Map<string, Vertex>();
  for (const { digest, name, inputs, op } of vertices) {
    if (!OPS.has(op?.type) || typeof name !== "string" || !Array.isArray(inputs)) throw invalid(`${digest} is no step`);
    const vertex = make(
      op,
      inputs.map((input) => known(made, input)),
      { name },
    );
    if (vertex.digest !== digest)
      throw invalid(`${digest} (${name}) has the digest ${vertex.digest}: the step was changed`);
    made.set(digest, vertex);
  }
  return made;
}

function known(vertices: ReadonlyMap<string, Vertex>, digest: string): Vertex {
  const vertex = vertices.get(digest);
  if (vertex === undefined) throw invalid(`the step ${digest} is not in front of the one that uses it`);
  return vertex;
}

function isDescription(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { platform, root, vertices, config, baseHistory, history } = value as Partial<GraphDescription>;
  return (
    typeof platform === "string" &&
    (root === null || typeof root === "string") &&
    typeof config === "object" &&
    [vertices, baseHistory, history].every((list) => Array.isArray(list))
  );
}

function invalid(message: string): TsbuildError {
  return new TsbuildError("GRAPH_INVALID", `cannot read the graph: ${message}`, {
    hint: "give what `tsbuild compile` printed, unchanged",
  });
}
