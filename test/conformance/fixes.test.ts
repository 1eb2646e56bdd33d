import { ALL_RULES, fixDockerfile, lintDockerfile, parseDockerfile } from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { corpusFiles } from "./corpus-files.ts";

const files = corpusFiles();
const OPTIONS = { rules: ALL_RULES, unsafe: true } as const;

function keywords(text: string): string[] {
  return parseDockerfile(text).syntax.nodes.map(({ keyword }) => keyword.text.toUpperCase());
}

describe.skipIf(files.length === 0)("corpus: fixes (needs the conformance data)", () => {
  test.each(files.map((file) => [file.id, file.dockerfile] as const))("%s", (_, dockerfile) => {
    const { text, applied, remaining } = fixDockerfile(dockerfile, OPTIONS);
    expect(parseDockerfile(text).diagnostics.length).toBe(parseDockerfile(dockerfile).diagnostics.length);
    const renamed = new Set(["ADD", "COPY", "MAINTAINER", "LABEL"]);
    const kept = (source: string) => keywords(source).map((keyword) => (renamed.has(keyword) ? "" : keyword));
    expect(kept(text)).toEqual(kept(dockerfile));
    expect(fixDockerfile(text, OPTIONS).applied).toEqual([]);
    expect(remaining.length).toBeLessThanOrEqual(lintDockerfile(dockerfile, OPTIONS).length);
    if (applied.length === 0) expect(text).toBe(dockerfile);
  });
});
