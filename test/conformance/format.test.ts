import { spawnSync } from "node:child_process";
import { formatDockerfile, parseDockerfile, printDockerfile, type SyntaxNode } from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { layoutFree } from "../support/layout-free.ts";
import { withoutRanges } from "../support/without-ranges.ts";
import { corpusFiles } from "./corpus-files.ts";

const files = corpusFiles();
const each = files.map(({ id, dockerfile }) => [id, dockerfile] as const);

describe.skipIf(files.length === 0)("corpus: print (needs the conformance data)", () => {
  test.each(each)("%s", (_, text) => {
    const { dockerfile, syntax, diagnostics } = parseDockerfile(text);
    const again = parseDockerfile(printDockerfile({ dockerfile, syntax }));
    expect(withoutRanges([again.dockerfile, again.syntax.nodes])).toEqual(withoutRanges([dockerfile, syntax.nodes]));
    expect(again.diagnostics.map(({ code }) => code)).toEqual(diagnostics.map(({ code }) => code));
  });
});

describe.skipIf(files.length === 0)("corpus: format (needs the conformance data)", () => {
  test.each(each)("%s", (_, text) => {
    const formatted = formatDockerfile(text);
    expect(formatDockerfile(formatted.text).text).toBe(formatted.text);
    expect(layoutFree(parseDockerfile(formatted.text))).toEqual(layoutFree(parseDockerfile(text)));
    if (formatted.diagnostics.length > 0) expect(formatted.text).toBe(text);
    else expect(formatted.text).not.toMatch(/[^\n]$|\n\n\n/);
  });
});

/**
 * Bash's own print of commands, which it only reads; its complaints without the text. Through a pipe, because it opens
 * what it reads by name.
 */
function bashPrint(commands: string): string {
  const { stdout, stderr } = spawnSync("sh", ["-c", "cat | bash --pretty-print /dev/stdin"], { input: commands });
  return `${stdout}${stderr.toString().replace(/`.*/g, "")}`;
}

const canPrint = bashPrint("true").trim() === "true";

/** The commands of a file as a shell reads them: an independent judge of which blanks mean nothing. */
function asShellReads(text: string): string {
  const { nodes } = parseDockerfile(text).syntax;
  const commands = nodes.filter(isPlainRun).map(({ args }) => args[0]?.text ?? "");
  return bashPrint(commands.join("\n"));
}

function isPlainRun({ keyword, json, heredocs, args }: SyntaxNode): boolean {
  return keyword.text.toLowerCase() === "run" && !json && heredocs.length === 0 && args.length > 0;
}

test.skipIf(files.length === 0 || !canPrint)(
  "corpus: a shell reads the same commands after formatting (needs the conformance data and bash 5.2)",
  () => {
    for (const { id, dockerfile } of files) {
      expect([id, asShellReads(formatDockerfile(dockerfile).text)]).toEqual([id, asShellReads(dockerfile)]);
    }
  },
);
