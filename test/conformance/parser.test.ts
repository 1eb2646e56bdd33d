import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { detectSyntax, parseDockerfile } from "@tsbuild/parser";
import { expect } from "vitest";
import { readDirectives } from "../../packages/parser/src/directives.ts";
import {
  findHeredocMarker,
  heredocMarkersOf,
  parseHeredocMarker,
  stripLeadingTabs,
} from "../../packages/parser/src/heredoc.ts";
import { CONFORMANCE_DIR } from "./cases.ts";
import { dumpSyntax } from "./dump-syntax.ts";
import { eachCase } from "./each-case.ts";

const folder = resolve(CONFORMANCE_DIR, "parser");

function errorsOf(dockerfile: string): string[] {
  return parseDockerfile(dockerfile).diagnostics.map(({ message }) => message);
}

eachCase<{ id: string; dockerfile: string; result: string }>("parser/testfiles", ({ dockerfile, result }) => {
  const { syntax } = parseDockerfile(readFileSync(resolve(folder, dockerfile), "utf8"));
  expect(`${dumpSyntax(syntax)}\n`).toBe(readFileSync(resolve(folder, result), "utf8"));
});

interface NegativeCase {
  readonly id: string;
  readonly dockerfile?: string;
  /** As `dockerfile`, with `{{65536 x 'a'}}` for that many letters. */
  readonly dockerfile_template?: string;
  readonly error: true | string;
}

eachCase<NegativeCase>("parser/negative", ({ dockerfile, dockerfile_template = "", error }) => {
  const text = dockerfile_template.replace(/\{\{(\d+) x '(.)'\}\}/g, (_, count, char) => char.repeat(Number(count)));
  const errors = errorsOf(dockerfile ?? text);
  expect(errors).not.toEqual([]);
  if (error !== true) expect(errors).toContain(error);
});

type LineRange = readonly [number, number] | { readonly lines: readonly [number, number] };

interface LineNumbersCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly expected?: readonly LineRange[];
  readonly lines?: readonly LineRange[];
  readonly nodes?: readonly LineRange[];
}

eachCase<LineNumbersCase>("parser/line_numbers", ({ dockerfile, expected, lines, nodes }) => {
  const ranges = (expected ?? lines ?? nodes ?? []).map((range) => ("lines" in range ? range.lines : range));
  const text = dockerfile.includes("\n") ? dockerfile : readFileSync(resolve(folder, dockerfile), "utf8");
  const found = parseDockerfile(text).syntax.nodes.map(({ range }) => [range.start.line, range.end.line]);
  expect(found).toEqual(ranges);
});

eachCase<{ id: string; input: string; expected: string[] }>("parser/words", ({ input, expected }) => {
  const { syntax } = parseDockerfile(`ARG ${input}`);
  expect(syntax.nodes[0]?.args.map(({ text }) => text)).toEqual(expected);
});

interface JsonCase {
  readonly id: string;
  readonly input: string;
  readonly valid: boolean;
  readonly expected?: readonly string[];
  readonly error?: string;
}

eachCase<JsonCase>("parser/json_arrays", ({ input, valid, expected, error }) => {
  const { syntax } = parseDockerfile(`CMD ${input}`);
  const [node] = syntax.nodes;
  expect(node?.json).toBe(valid);
  if (valid) expect(node?.args.map(({ text }) => text)).toEqual(expected);
  else if (error !== undefined) expect(node?.error?.message).toBe(error);
});

interface NameValueCase {
  readonly id: string;
  readonly instruction: string;
  readonly input: string;
  readonly nodes: readonly string[];
}

eachCase<NameValueCase>("parser/name_value", ({ instruction, input, nodes }) => {
  const [node] = parseDockerfile(`${instruction} ${input}`).syntax.nodes;
  const found = node?.pairs.flatMap(({ key, value, legacy }) => [key.text, value?.text, legacy ? "" : "="]);
  expect(found).toEqual(nodes);
});

interface HeredocsCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly heredocs: readonly (readonly object[])[];
}

eachCase<HeredocsCase>("parser/heredocs", ({ dockerfile, heredocs }) => {
  const [, ...nodes] = parseDockerfile(dockerfile).syntax.nodes;
  const found = nodes.map((node) =>
    node.heredocs.map(({ name, rawContent, expand, chomp, fileDescriptor }) => {
      return { name, content: rawContent, expand, chomp, fileDescriptor };
    }),
  );
  expect(found).toEqual(heredocs);
});

interface HeredocWordCase {
  readonly id: string;
  readonly input: string;
  readonly heredoc?: object | null;
  readonly error?: unknown;
}

eachCase<HeredocWordCase>("parser/heredoc_words", ({ input, heredoc, error }) => {
  if (error !== undefined) expect(() => parseHeredocMarker(input)).toThrow();
  else if (heredoc === null) expect(findHeredocMarker(input)).toBeUndefined();
  else expect(parseHeredocMarker(input)).toMatchObject(heredoc ?? {});
});

eachCase<{ id: string; line: string; names: string[] }>("parser/heredocs_from_line", ({ line, names }) => {
  expect(heredocMarkersOf(line).map(({ name }) => name)).toEqual(names);
});

eachCase<{ id: string; input: string; expected: string }>("parser/heredoc_chomp", ({ input, expected }) => {
  expect(stripLeadingTabs(input)).toBe(expected);
});

interface DirectivesCase {
  readonly id: string;
  readonly kind: "directives" | "detectSyntax" | "check";
  readonly dockerfile: string;
  readonly directives?: readonly object[];
  readonly ok?: boolean;
  readonly value?: string;
  readonly cmdline?: string;
  readonly line?: number;
}

eachCase<DirectivesCase>("parser/directives", (input) => {
  if (input.kind === "directives") {
    expect(readDirectives(input.dockerfile)).toMatchObject(input.directives ?? []);
    return;
  }
  const found = input.kind === "check" ? findCheck(input.dockerfile) : detectSyntax(input.dockerfile);
  expect(found !== undefined).toBe(input.ok);
  if (found === undefined) return;
  expect(found.image).toBe(input.value);
  if (input.cmdline !== undefined) expect(found.value).toBe(input.cmdline);
  if (input.line !== undefined) expect(found.line).toBe(input.line);
});

/** `# check=` is found as `# syntax=` is, but in no other notation. */
function findCheck(dockerfile: string): ReturnType<typeof detectSyntax> {
  const lines = dockerfile.split("\n");
  const above = lines[0]?.startsWith("#!") ? 1 : 0;
  const directives = readDirectives(lines.slice(above).join("\n"), "#", above);
  const check = directives.find(({ name }) => name === "check");
  return check && { image: check.value.split(" ")[0] ?? "", value: check.value, line: check.range.start.line };
}

interface WarningsCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly warnings: readonly (string | { readonly short?: string; readonly line?: number })[];
}

eachCase<WarningsCase>("parser/warnings", ({ dockerfile, warnings }) => {
  const { emptyContinuations } = parseDockerfile(dockerfile).syntax;
  const messages = emptyContinuations.map(({ source }) => `Empty continuation line found in: ${source}`);
  expect(messages).toEqual(warnings.map((warning) => (typeof warning === "string" ? warning : warning.short)));
});
