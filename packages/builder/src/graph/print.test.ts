import { expect, test } from "vitest";
import { compileText } from "../../../../test/support/compile-text.ts";
import { describeGraph, graphToMermaid } from "./print.ts";

const TEXT = 'FROM scratch AS s\nCOPY a /a\nFROM scratch\nCOPY --from=s /a /b\nCMD ["/b"]\n';

test("a graph as JSON: inputs first, with lines, history and config", async () => {
  const described = describeGraph(await compileText(TEXT));
  expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  const [context, first, second] = described.vertices;
  expect(described).toMatchObject({ platform: "linux/amd64", root: second?.digest, config: { Cmd: ["/b"] } });
  expect(described.vertices.map(({ name, line, inputs }) => ({ name, line, inputs }))).toEqual([
    { name: "[internal] load build context", line: undefined, inputs: [] },
    { name: "[s 1/1] COPY a /a", line: 2, inputs: [context?.digest] },
    { name: "[stage-1 1/1] COPY --from=s /a /b", line: 4, inputs: [first?.digest] },
  ]);
  expect(described.history.map(({ vertex }) => vertex)).toEqual([second?.digest, null]);
});

test("a graph as a Mermaid chart", async () => {
  expect(graphToMermaid(await compileText(TEXT))).toBe(
    [
      "flowchart TD",
      '  v0(["[internal] load build context"])',
      '  v1["[s 1/1] COPY a /a"]',
      '  v2["[stage-1 1/1] COPY --from=s /a /b"]',
      '  image[["image linux/amd64"]]',
      "  v0 --> v1",
      "  v1 --> v2",
      "  v2 --> image",
      "",
    ].join("\n"),
  );
});

test("names that mean something to Mermaid are made harmless", async () => {
  const chart = graphToMermaid(await compileText('FROM scratch\nRUN echo "<b>#1"; more\n'));
  expect(chart).toContain("echo #34;#60;b#62;#35;1#34;; more");
});
