import { parseDockerfile } from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { corpusFiles } from "./corpus-files.ts";
import { dumpSyntax } from "./dump-syntax.ts";
import { goCommand, goStage } from "./go-commands.ts";

const files = corpusFiles();

describe.skipIf(files.length === 0)("corpus: syntax (needs the conformance data)", () => {
  test.each(files.map((file) => [file.id, file] as const))("%s", (_, { dockerfile: text, expected }) => {
    const { dockerfile, syntax } = parseDockerfile(text);
    expect(dumpSyntax(syntax)).toBe(expected.ast_dump);
    expect(dockerfile.escape).toBe(expected.escape);
    const nodes = syntax.nodes.map(({ keyword, range }) => ({
      name: keyword.text,
      lines: [range.start.line, range.end.line],
    }));
    expect(nodes).toEqual(expected.nodes.map(({ name, lines }) => ({ name, lines })));
    const warnings = syntax.emptyContinuations.map(({ source }) => `Empty continuation line found in: ${source}`);
    expect(warnings).toEqual(expected.parse_warnings.map((warning) => warning.short ?? warning.Short));
  });
});

const typed = files.filter(({ expected }) => expected.stages !== undefined);

describe.skipIf(files.length === 0)("corpus: typed instructions (needs the conformance data)", () => {
  test.each(typed.map((file) => [file.id, file] as const))("%s", (_, { dockerfile: text, expected }) => {
    const { dockerfile, diagnostics } = parseDockerfile(text);
    expect(diagnostics).toEqual([]);
    expect(dockerfile.stages.map(goStage)).toEqual(expected.stages);
    expect(dockerfile.globalArgs.map(goCommand)).toEqual(expected.meta_args ?? []);
  });
});

const broken = files.filter(({ expected }) => expected.instructions_error ?? expected.parse_error);

describe.skipIf(files.length === 0)("corpus: errors (needs the conformance data)", () => {
  test.each(broken.map((file) => [file.id, file] as const))("%s", (_, { dockerfile: text, expected }) => {
    const [first] = parseDockerfile(text).diagnostics;
    expect(expected.instructions_error ?? expected.parse_error).toContain(first?.message);
    expect(first?.range.start.line).toBe(expected.error_lines?.[0]?.[0]);
  });
});
