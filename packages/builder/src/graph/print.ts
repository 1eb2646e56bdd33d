import { formatPlatform, type HistoryEntry } from "@tsbuild/oci";
import type { Compiled } from "./compiled.ts";
import type { Op, Vertex } from "./op.ts";
import { verticesOf } from "./vertex.ts";

/** A compiled build as plain JSON: what `tsbuild compile` prints. */
export interface GraphDescription {
  readonly platform: string;
  /** Digest of the step whose result is the image; null: an image without layers. */
  readonly root: string | null;
  /** Inputs before users. */
  readonly vertices: readonly VertexDescription[];
  readonly config: Compiled["config"];
  readonly author?: string;
  readonly baseHistory: readonly HistoryEntry[];
  readonly history: readonly HistoryDescription[];
  /** Seconds since 1970, where the build argument SOURCE_DATE_EPOCH says so. */
  readonly epoch?: number;
}

export interface HistoryDescription {
  readonly createdBy: string;
  readonly comment?: string;
  readonly author?: string;
  /** Digest of the step that makes its layer; null: it has none. */
  readonly vertex: string | null;
}

export interface VertexDescription {
  readonly digest: string;
  readonly name: string;
  /** Line of the Dockerfile, from 1. */
  readonly line?: number;
  readonly inputs: readonly string[];
  readonly op: Op;
}

/** The graph, its config and its history as JSON values; the same build gives the same text. */
export function describeGraph(compiled: Compiled): GraphDescription {
  const { platform, root, config, author, baseHistory, history, epoch } = compiled;
  return {
    platform: formatPlatform(platform),
    root: root?.digest ?? null,
    vertices: verticesOf(root).map(describeVertex),
    config,
    ...(author === undefined ? {} : { author }),
    baseHistory,
    history: history.map(({ vertex, ...step }) => ({ ...step, vertex: vertex?.digest ?? null })),
    ...(epoch === undefined ? {} : { epoch }),
  };
}

/** The graph as a Mermaid flow chart, from what is read to the image. */
export function graphToMermaid(compiled: Compiled): string {
  const vertices = verticesOf(compiled.root);
  const ids = new Map(vertices.map((vertex, index) => [vertex, `v${index}`]));
  const nodes = vertices.map((vertex) => `  ${ids.get(vertex)}${shapeOf(vertex)}`);
  const edges = vertices.flatMap((vertex) =>
    vertex.inputs.map((input) => `  ${ids.get(input)} --> ${ids.get(vertex)}`),
  );
  const image = compiled.root === undefined ? [] : [`  ${ids.get(compiled.root)} --> image`];
  const end = `  image[["image ${formatPlatform(compiled.platform)}"]]`;
  return `${["flowchart TD", ...nodes, end, ...edges, ...image].join("\n")}\n`;
}

function describeVertex({ digest, meta, inputs, op }: Vertex): VertexDescription {
  const line = meta.range?.start.line;
  const known = line === undefined ? {} : { line };
  return { digest, name: meta.name, ...known, inputs: inputs.map((input) => input.digest), op };
}

/** What is read has round ends, what is made is a box. */
function shapeOf({ op, meta, inputs }: Vertex): string {
  const label = `"${escapeLabel(meta.name)}"`;
  return inputs.length === 0 && op.type !== "exec" && op.type !== "file" ? `([${label}])` : `[${label}]`;
}

/** Mermaid takes HTML's character entities, with `#` in place of `&`. */
function escapeLabel(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  const short = line.length > 80 ? `${line.slice(0, 79)}…` : line;
  return short.replaceAll(/[#"<>&`]/g, (char) => `#${char.charCodeAt(0)};`);
}
