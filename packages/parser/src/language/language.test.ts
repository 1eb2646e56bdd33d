import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dockerfileLikeTexts, untidyDockerfiles } from "../../../../test/support/arbitrary-dockerfile.ts";
import type { Position, Range } from "../position.ts";
import { formatDockerfile } from "../print/format-dockerfile.ts";
import {
  codeActions,
  completionsAt,
  definitionAt,
  diagnose,
  documentSymbols,
  foldingRanges,
  formattingEdits,
  hoverAt,
  type LanguageDocument,
  openDocument,
  referencesAt,
  renameAt,
  renameRangeAt,
  semanticTokens,
  type TextEdit,
} from "./index.ts";

const TEXT = `# syntax=docker/dockerfile:1
ARG VERSION=22
ARG IMAGE=node:$VERSION

# build: makes the files
FROM \${IMAGE}-alpine AS build
ARG VERSION
ENV OUT=/out FULL=$OUT/$VERSION
RUN --mount=type=cache,target=/c \\
    # note
    echo "$FULL" '$FULL' \\
    && make
COPY <<EOF /etc/conf
version=$VERSION
EOF

FROM scratch
COPY --from=build --chown=1:2 /out /
COPY --from=0 /a /b
RUN --mount=type=bind,from=Build,target=/x true
CMD ["/out"]
`;

const document = openDocument(TEXT);

/** The position of \`needle\`'s beginning, the nth time that it stands in the text, plus \`shift\` columns. */
function at(needle: string, { nth = 1, shift = 0, text = TEXT } = {}): Position {
  let index = -1;
  for (let count = 0; count < nth; count += 1) index = text.indexOf(needle, index + 1);
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + shift };
}

function textOf({ text }: LanguageDocument, { start, end }: Range): string {
  const lines = text.split("\n").slice(start.line - 1, end.line);
  lines[lines.length - 1] = (lines.at(-1) ?? "").slice(0, end.column);
  lines[0] = (lines[0] ?? "").slice(start.column);
  return lines.join("\n");
}

function applied(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split("\n");
  const offset = ({ line, column }: Position) =>
    lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, column);
  const sorted = edits.toSorted((a, b) => offset(b.range.start) - offset(a.range.start));
  return sorted.reduce((result, { range, newText }) => {
    return result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end));
  }, text);
}

const lineOf = (range: Range | undefined) => range?.start.line;

describe("definitions and references", () => {
  test.each([
    ["a stage in COPY --from", at("=build", { shift: 2 }), 6],
    ["a stage by its number", at("=0", { shift: 1 }), 6],
    ["a stage in a mount", at("from=Build", { shift: 6 }), 6],
    ["a stage's own name", at("AS build", { shift: 4 }), 6],
    ["a variable of the file in an ARG", at("node:$VERSION", { shift: 7 }), 2],
    ["a variable in FROM", at("{IMAGE", { shift: 1 }), 3],
    ["an ARG that takes over one of the file", at("ARG VERSION", { nth: 2, shift: 5 }), 2],
    ["an ENV in RUN", at('"$FULL', { shift: 2 }), 8],
    ["a variable in a here-document", at("version=$VERSION", { shift: 10 }), 2],
  ])("%s", (_, position, line) => {
    expect(lineOf(definitionAt(document, position))).toBe(line);
  });

  test("nothing is defined where no name stands", () => {
    expect(definitionAt(document, at("scratch"))).toBeUndefined();
    expect(referencesAt(document, at("scratch"))).toEqual([]);
    expect(renameAt(document, at("scratch"), "x")).toBeUndefined();
  });

  test("references of a stage", () => {
    expect(referencesAt(document, at("=build", { shift: 1 })).map(lineOf)).toEqual([6, 18, 19, 20]);
    const uses = referencesAt(document, at("AS build", { shift: 3 }), { includeDefinition: false });
    expect(uses.map(lineOf)).toEqual([18, 19, 20]);
  });

  test("references of a variable, through the scopes that hand it on", () => {
    expect(referencesAt(document, at("VERSION=22")).map(lineOf)).toEqual([2, 3, 7, 8, 14]);
    expect(referencesAt(document, at("FULL=")).map(lineOf)).toEqual([8, 11]);
  });

  test("stages on top of a stage share its variables; others do not", () => {
    const text = "FROM a AS x\nENV V=1\nFROM x\nRUN echo $V\nFROM b\nENV V=2\nRUN echo $V\n";
    const other = openDocument(text);
    expect(referencesAt(other, { line: 4, column: 11 }).map(lineOf)).toEqual([2, 4]);
    expect(referencesAt(other, { line: 7, column: 11 }).map(lineOf)).toEqual([6, 7]);
    expect(lineOf(definitionAt(other, { line: 4, column: 11 }))).toBe(2);
  });

  test("rename: a stage, but for its numbers", () => {
    const renamed = applied(TEXT, renameAt(document, at("AS build", { shift: 3 }), "make") ?? []);
    expect(renamed).toContain("AS make\n");
    expect(renamed).toContain("--from=make ");
    expect(renamed).toContain("from=make,");
    expect(renamed).toContain("--from=0");
  });

  test("rename: a variable", () => {
    const renamed = applied(TEXT, renameAt(document, at("VERSION=22"), "V") ?? []);
    expect(renamed).not.toContain("VERSION");
    expect(renamed).toContain("FULL=$OUT/$V\n");
    expect(renameAt(document, at("VERSION=22"), "a b")).toBeUndefined();
    expect(textOf(document, renameRangeAt(document, at("VERSION=22")) as Range)).toBe("VERSION");
  });
});

describe("hover", () => {
  test.each([
    ["a keyword", at("COPY --from"), /Copies files/],
    ["a flag", at("--chown"), /User and group/],
    ["a mount", at("--mount"), /kept from build to build/],
    ["a variable", at('"$FULL', { shift: 3 }), /ENV FULL[\s\S]*line 8\./],
    ["a default", at("{IMAGE", { shift: 2 }), /Default: `node:22`/],
    ["a stage", at("=build", { shift: 3 }), /Stage 0, line 6[\s\S]*Used in line 18, 19, 20[\s\S]*makes the files/],
    ["a directive", at("# syntax", { shift: 3 }), /front end/],
    ["an image", at("-alpine"), /`node:22-alpine`/],
  ])("%s", (_, position, pattern) => {
    expect(hoverAt(document, position)?.contents).toMatch(pattern);
  });

  test("nothing to say", () => {
    expect(hoverAt(document, { line: 5, column: 0 })).toBeUndefined();
  });
});

describe("completions", () => {
  const labels = (text: string) => {
    const lines = text.split("\n");
    const position = { line: lines.length, column: (lines.at(-1) ?? "").length };
    return completionsAt(openDocument(text), position).map(({ label }) => label);
  };
  test.each([
    ["", ["ARG", "FROM"], ["RUN"]],
    ["FROM a\nRU", ["RUN", "COPY"], []],
    ["FROM a\n", ["RUN", "HEALTHCHECK"], []],
    ["FROM a\nONBUILD ", ["RUN"], ["FROM"]],
    ["FROM a AS one\nFROM b AS two\nCOPY --from=", ["one"], ["two", "--from="]],
    ["FROM a AS one\nFROM ", ["one", "scratch", "--platform="], []],
    ["FROM a ", ["AS"], []],
    ["FROM --platform=", ["$BUILDPLATFORM", "linux/arm64"], []],
    ["FROM a\nCOPY --ch", ["--chown=", "--chmod=", "--link"], ["--mount="]],
    ["FROM a\nCOPY a --ch", [], ["--chown="]],
    ["FROM a\nRUN --mount=", ["type="], []],
    ["FROM a\nRUN --mount=type=", ["cache", "secret"], []],
    ["FROM a\nRUN --mount=type=cache,target=/x,", ["sharing=", "id="], ["target=", "size="]],
    ["FROM a AS one\nFROM b\nRUN --mount=type=bind,from=", ["one"], []],
    ["FROM a\nRUN --mount=type=cache,sharing=", ["locked"], []],
    ["FROM a\nRUN --network=", ["none"], []],
    ["ARG V=1\nFROM a\nENV A=1\nRUN echo $", ["A"], ["V"]],
    ["ARG V=1\nFROM a:${", ["V", "BUILDPLATFORM"], []],
    ["ARG V=1\nFROM a\nARG ", ["V", "TARGETARCH"], []],
    ["FROM a AS x\nENV A=1\nFROM x\nRUN echo ${", ["A"], []],
    ["FROM a\nHEALTHCHECK ", ["CMD", "NONE", "--interval="], []],
    ["FROM a\nSTOPSIGNAL ", ["SIGTERM"], []],
    ["# ", ["syntax=", "escape=", "check="], []],
    ["# syntax=x\n# ", ["escape="], ["syntax="]],
    ["FROM a\n# ", [], ["syntax="]],
    ["FROM a\nRUN x \\\n  --mo", [], ["--mount="]],
    ["FROM a\nRUN \\\n  --mo", ["--mount="], []],
  ])("%j", (text, wanted, unwanted) => {
    const found = labels(text);
    expect(found).toEqual(expect.arrayContaining(wanted));
    expect(found.filter((label) => unwanted.includes(label))).toEqual([]);
  });

  test("replace what is typed", () => {
    const text = "FROM a\nCOPY --ch";
    const [first] = completionsAt(openDocument(text), { line: 2, column: 9 });
    expect(first?.range).toEqual({ start: { line: 2, column: 5 }, end: { line: 2, column: 9 } });
  });

  test("in here-documents: variables only", () => {
    const body = completionsAt(openDocument("FROM a\nENV A=1\nCOPY <<E /\n$\nE\n"), { line: 4, column: 1 });
    expect(body.map(({ label }) => label)).toEqual(["A"]);
    expect(completionsAt(openDocument("FROM a\nCOPY <<E /\nRU\nE\n"), { line: 3, column: 2 })).toEqual([]);
  });
});

describe("the whole file", () => {
  test("outline", () => {
    const outline = documentSymbols(document).map(({ name, kind, children }) => [name, kind, children.length]);
    expect(outline).toEqual([
      ["ARG VERSION=22", "variable", 0],
      ["ARG IMAGE=node:$VERSION", "variable", 0],
      [`build ($\{IMAGE}-alpine)`, "stage", 4],
      ["scratch", "stage", 4],
    ]);
  });

  test("folding", () => {
    const text = "# a\n# b\nFROM a\nRUN b \\\n  c\nCOPY <<A <<B /\na\nA\nb\nB\n";
    expect(foldingRanges(openDocument(text))).toEqual([
      { startLine: 1, endLine: 2, kind: "comment" },
      { startLine: 3, endLine: 10, kind: "stage" },
      { startLine: 4, endLine: 5, kind: "instruction" },
      { startLine: 6, endLine: 10, kind: "instruction" },
      { startLine: 8, endLine: 10, kind: "heredoc" },
    ]);
  });

  test("semantic tokens", () => {
    const text = '# check=skip=all\nFROM a AS x # no comment\nFROM a AS x\nCOPY --from=x $A /\n# c\nCMD ["b", "c"]\n';
    const other = openDocument(text);
    const tokens = semanticTokens(other).map(({ range, type }) => [textOf(other, range), type]);
    expect(tokens).toEqual([
      ["# check=skip=all", "macro"],
      ...[
        ["FROM", "keyword"],
        ["AS", "keyword"],
        ["x", "namespace"],
      ],
      ...[
        ["FROM", "keyword"],
        ["AS", "keyword"],
        ["x", "namespace"],
      ],
      ...[
        ["COPY", "keyword"],
        ["--from", "parameter"],
        ["x", "namespace"],
        ["A", "variable"],
      ],
      ["# c", "comment"],
      ...[
        ["CMD", "keyword"],
        ['"b"', "string"],
        ['"c"', "string"],
      ],
    ]);
  });

  test("diagnostics and their fixes", () => {
    const text = "from a as x\nRNU b\n";
    const diagnostics = diagnose(openDocument(text));
    const codes = diagnostics.map(({ code }) => code);
    expect(codes).toContain("UNKNOWN_INSTRUCTION");
    const actions = codeActions(diagnostics, { start: { line: 2, column: 1 }, end: { line: 2, column: 1 } });
    expect(actions.map(({ title }) => title)).toEqual(["Change to RUN"]);
    expect(applied(text, actions[0]?.edits ?? [])).toBe("from a as x\nRUN b\n");
  });

  test("formatting touches only the lines that differ", () => {
    const text = "FROM a\nrun  b\nCMD c\n";
    const edits = formattingEdits(openDocument(text));
    expect(edits.map(({ range }) => [range.start.line, range.end.line])).toEqual([[2, 3]]);
    expect(applied(text, edits)).toBe("FROM a\nRUN b\nCMD c\n");
    expect(formattingEdits(openDocument("FROM a\n"))).toEqual([]);
    expect(formattingEdits(openDocument("from  a\nRNU\n"))).toEqual([]);
  });
});

describe("any text", () => {
  const isInText = ({ start, end }: Range, lines: readonly string[]) =>
    [start, end].every(({ line, column }) => line >= 1 && column >= 0 && column <= (lines[line - 1]?.length ?? -1)) &&
    (start.line < end.line || (start.line === end.line && start.column <= end.column));

  test("nothing throws, ranges lie in the text, formatting edits give the formatted text", () => {
    const texts = fc.oneof(dockerfileLikeTexts, untidyDockerfiles, fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(texts, fc.nat(), (text, seed) => {
        const opened = openDocument(text);
        const lines = text.split("\n");
        const line = (seed % lines.length) + 1;
        const position = { line, column: (seed * 7) % ((lines[line - 1]?.length ?? 0) + 1) };
        const definition = definitionAt(opened, position);
        const ranges = [
          ...completionsAt(opened, position).map(({ range }) => range),
          ...referencesAt(opened, position),
          ...(hoverAt(opened, position) === undefined ? [] : [hoverAt(opened, position)?.range as Range]),
          ...(definition === undefined ? [] : [definition]),
          ...semanticTokens(opened).map(({ range }) => range),
          ...documentSymbols(opened).flatMap(({ range, selectionRange }) => [range, selectionRange]),
          ...opened.symbols.variables.map(({ range }) => range),
        ];
        for (const range of ranges) expect([range, isInText(range, lines)]).toEqual([range, true]);
        for (const { startLine, endLine } of foldingRanges(opened)) expect(startLine).toBeLessThan(endLine);
        expect(applied(text, formattingEdits(opened))).toBe(formatDockerfile(text).text);
      }),
      { numRuns: 2000 },
    );
  });
});
