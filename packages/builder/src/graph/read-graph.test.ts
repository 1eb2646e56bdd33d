import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Builder } from "../builder.ts";
import { createBuilder } from "../create-builder.ts";
import { describeGraph, type GraphDescription } from "./print.ts";

let folder: string;
let context: string;
let builder: Builder;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-graph-"));
  context = join(folder, "context");
  mkdirSync(context);
  writeFileSync(join(context, "a"), "a");
  writeFileSync(join(context, "b"), "b");
  writeFileSync(join(context, ".dockerignore"), "b\n");
  builder = await createBuilder({ root: join(folder, "store") });
});

afterEach(async () => {
  await builder.close();
  rmSync(folder, { recursive: true, force: true });
});

const DOCKERFILE = `FROM scratch AS base
WORKDIR /srv
FROM base
MAINTAINER me
COPY --link . /app
COPY --from=base /srv /other
CMD ["x"]
`;

async function described(): Promise<GraphDescription> {
  const compiled = await builder.compileDockerfile({ context, dockerfileText: DOCKERFILE });
  return JSON.parse(JSON.stringify(describeGraph(compiled))) as GraphDescription;
}

test("a graph from its JSON gives the same image, from the same cache", async () => {
  const built = await builder.buildDockerfile({ context, dockerfileText: DOCKERFILE });
  const solved = await builder.solveGraph(await described(), { contexts: { context } });
  expect(solved.image).toEqual(built.image);
  expect(solved.steps.filter(({ cached }) => !cached)).toEqual([]);
});

test.each<readonly [string, (graph: GraphDescription) => unknown]>([
  [
    "a step that was changed",
    (graph) => ({ ...graph, vertices: graph.vertices.map((v) => ({ ...v, op: { type: "merge" } })) }),
  ],
  ["a step that is missing", (graph) => ({ ...graph, vertices: graph.vertices.slice(1) })],
  [
    "an op that does not exist",
    (graph) => ({ ...graph, vertices: graph.vertices.map((v) => ({ ...v, op: { type: "x" } })) }),
  ],
  ["something else", () => ({})],
  ["nothing", () => null],
])("%s is refused", async (_what, change) => {
  const graph = change(await described()) as GraphDescription;
  await expect(builder.solveGraph(graph, { contexts: { context } })).rejects.toMatchObject({ code: "GRAPH_INVALID" });
});
