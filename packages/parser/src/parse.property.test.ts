import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatDiagnostic,
  formatDockerfile,
  hoverAt,
  lintDockerfile,
  openDocument,
  parseDockerfile,
  type SyntaxNode,
} from "./index.ts";
import type { Range } from "./position.ts";

/** Text that looks enough like a Dockerfile to get deep into the parser. */
const fragments = fc.constantFrom(
  "FROM ",
  "RUN ",
  "COPY ",
  "ADD ",
  "ENV ",
  "LABEL ",
  "ARG ",
  "ONBUILD ",
  "HEALTHCHECK ",
  "CMD ",
  "EXPOSE ",
  "SHELL ",
  "VOLUME ",
  "# escape=`\n",
  "# check=skip=all\n",
  "# syntax=x\n",
  "#",
  "\\\n",
  "`\n",
  "\\",
  "\n",
  "\r\n",
  "\n\n",
  " ",
  "\t",
  "--from=",
  "--mount=type=",
  "--chown=1:2 ",
  "--",
  "<<EOF",
  "<<-EOF",
  "<<'E F'",
  "EOF\n",
  "[",
  "]",
  '["a", "b"]',
  '"',
  "'",
  "=",
  "a=b ",
  "$",
  "${",
  "}",
  ":-",
  "a",
  "AS ",
  ",",
  "80/tcp ",
  "\ufeff",
  "\u00a0",
  "\u{1f600}",
  "\ud800",
  "scratch\n",
);
const dockerfiles = fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join(""));
const anyText = fc.oneof(dockerfiles, fc.string({ unit: "binary", maxLength: 200 }));

function isInText({ start, end }: Range, text: string): boolean {
  const lines = text.split("\n");
  const fits = ({ line, column }: Range["start"]) =>
    line >= 1 && line <= lines.length && column >= 0 && column <= (lines[line - 1]?.length ?? 0);
  return fits(start) && fits(end) && (start.line < end.line || (start.line === end.line && start.column <= end.column));
}

function isInside(inner: Range, outer: Range): boolean {
  const isBefore = (a: Range["start"], b: Range["start"]) =>
    a.line < b.line || (a.line === b.line && a.column <= b.column);
  return isBefore(outer.start, inner.start) && isBefore(inner.end, outer.end);
}

/** Every range of an instruction but its own. */
function innerRanges(node: SyntaxNode): Range[] {
  const pairs = node.pairs.flatMap(({ key, value }) => [key.range, ...(value === undefined ? [] : [value.range])]);
  const words = [node.keyword, ...node.args, ...node.flags].map(({ range }) => range);
  const bodies = node.heredocs.map(({ range }) => range);
  const child = node.child === undefined ? [] : [node.child.range, ...innerRanges(node.child)];
  return [...words, ...pairs, ...bodies, ...child];
}

describe("parseDockerfile", () => {
  test("never throws, and all ranges lie in the text and nest", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { syntax, diagnostics } = parseDockerfile(text);
        for (const node of syntax.nodes) {
          expect(isInText(node.range, text)).toBe(true);
          for (const range of innerRanges(node)) expect(isInside(range, node.range)).toBe(true);
        }
        for (const { range } of diagnostics) expect(isInText(range, text)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test("a range holds the text of its word, where that stands on one line", () => {
    fc.assert(
      fc.property(dockerfiles, (text) => {
        const lines = text.split("\n");
        const { nodes } = parseDockerfile(text).syntax;
        for (const { text: word, range } of nodes
          .filter(({ json }) => !json)
          .flatMap(({ keyword, args }) => [keyword, ...args])) {
          const { start, end } = range;
          if (start.line === end.line) expect(lines[start.line - 1]?.slice(start.column, end.column)).toBe(word);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test("linting and formatting never throw", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseDockerfile(text);
        for (const diagnostic of [...parsed.diagnostics, ...lintDockerfile(parsed)]) formatDiagnostic(diagnostic, text);
      }),
      { numRuns: 500 },
    );
  });
});

/** 100 kB each, made to hurt scanners that look at things twice. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["one line of blanks", `FROM${" ".repeat(60_000)}`],
  ["blank lines", `FROM a${"\n".repeat(100_000)}`],
  ["continuations", `FROM a\nRUN ${"\\\n".repeat(50_000)}`],
  ["continued words", `FROM a\nENV ${"a=b \\\n".repeat(16_000)}`],
  ["comments in a continuation", `FROM a\nRUN a \\\n${"# b\n".repeat(25_000)}`],
  ["quotes", `FROM a\nENV a=${`"'`.repeat(30_000)}`],
  ["flags", `FROM a\nCOPY ${"--a=b ".repeat(10_000)}`],
  ["nested ONBUILD", `FROM a\n${"ONBUILD ".repeat(8000)}`],
  ["brackets", `FROM a\nCMD ${"[".repeat(60_000)}`],
  ["JSON strings", `FROM a\nCMD [${'"a",'.repeat(15_000)}"b"]`],
  ["heredoc markers", `FROM a\nRUN ${"<<a ".repeat(15_000)}`],
  ["less-than signs", `FROM a\nRUN ${"<".repeat(60_000)}`],
  ["unterminated heredocs", `FROM a\n${"RUN <<EOF\n".repeat(10_000)}`],
  ["dollars", `FROM a\nENV a=${"$".repeat(60_000)}`],
  ["nested substitutions", `FROM a\nENV a=${`\${a:-`.repeat(12_000)}`],
  ["substitutions", `FROM a\nENV ${"a=$b ".repeat(12_000)}`],
  ["directives", "# syntax=a \n".repeat(8000)],
  ["a directive with blanks", `# syntax=a${" ".repeat(60_000)}b`],
  ["unknown instructions", "ABC def\n".repeat(12_000)],
  ["one long unknown word", "A".repeat(60_000)],
  ["mount fields", `FROM a\nRUN --mount=${"a=b,".repeat(15_000)} x`],
  ["stage names", "FROM a AS b\n".repeat(8000)],
  ["ports", `FROM a\nEXPOSE ${"80 ".repeat(20_000)}`],
  ["values that double", `FROM a\nENV A=0123456789\n${"ENV A=$A$A\n".repeat(2000)}`],
  ["replacements that multiply", `FROM a\nENV A=${"x".repeat(50_000)}\nENV B=${"$"}{A//x/$A}\n`],
  ["image name", `FROM ${"a-".repeat(30_000)}/`],
];

describe("time", () => {
  // No figures: each of these would take minutes if anything in it were quadratic in earnest, and the runner's limit is one.
  test.each(HOSTILE)("%s", (_, text) => {
    const parsed = parseDockerfile(text);
    lintDockerfile(parsed);
    hoverAt(openDocument(text), { line: 2, column: 5 });
    expect(formatDockerfile(text).text).not.toBe("");
    expect(parsed.syntax.nodes.length).toBeGreaterThanOrEqual(0);
  });
});
