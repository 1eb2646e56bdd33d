import type { Compiled, Vertex } from "@tsbuild/builder";
import { formatPlatform } from "@tsbuild/oci";

/** The graph as JSON: vertices with inputs before their users, named by digest. */
export function graphJson(compiled: Compiled): Record<string, unknown> {
  return {
    platform: formatPlatform(compiled.platform),
    root: compiled.root?.digest ?? null,
    vertices: verticesOf(compiled).map(({ digest, meta, op, inputs }) => ({
      digest,
      name: meta.name,
      ...(meta.range === undefined ? {} : { range: meta.range }),
      inputs: inputs.map((input) => input.digest),
      op,
    })),
    config: compiled.config,
    history: compiled.history.map(({ vertex, ...step }) => ({ ...step, vertex: vertex?.digest ?? null })),
    diagnostics: compiled.diagnostics,
  };
}

/** The graph as a Mermaid flow chart. */
export function graphMermaid(compiled: Compiled): string {
  const vertices = verticesOf(compiled);
  const ids = new Map(vertices.map((vertex, index) => [vertex.digest, `v${index + 1}`]));
  const lines = ["flowchart TD"];
  for (const vertex of vertices) {
    const id = ids.get(vertex.digest);
    lines.push(`  ${id}["${label(vertex.meta.name)}"]`);
    for (const input of vertex.inputs) lines.push(`  ${ids.get(input.digest)} --> ${id}`);
  }
  return lines.join("\n");
}

function verticesOf({ root }: Compiled): Vertex[] {
  const seen = new Map<string, Vertex>();
  const visit = (vertex: Vertex): void => {
    if (seen.has(vertex.digest)) return;
    for (const input of vertex.inputs) visit(input);
    seen.set(vertex.digest, vertex);
  };
  if (root !== undefined) visit(root);
  return [...seen.values()];
}

/** Mermaid knows entities, and shows a long label on one line. */
function label(name: string): string {
  const text = name.replace(/\s+/g, " ");
  const short = text.length > 72 ? `${text.slice(0, 71)}…` : text;
  return short.replace(/[#"<>&]/g, (character) => `#${character.codePointAt(0)};`);
}
