import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseIgnoreFile } from "../ignore/ignore-file.ts";
import { parseDockerfile } from "../parse.ts";
import { BUILDKIT_RULES } from "./buildkit-rules.ts";
import { fixDockerfile } from "./fix/fix-dockerfile.ts";
import { type LintOptions, lintDockerfile } from "./lint-dockerfile.ts";
import { pageUrl } from "./page-url.ts";
import type { LintRule } from "./rule.ts";
import { ALL_RULES, TSBUILD_RULES } from "./tsbuild-rules.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../docs/lint");

function pageOf(id: string): string {
  return readFileSync(resolve(FOLDER, `${id}.md`), "utf8");
}

/** The code under a heading, or the first of a language. */
function codeIn(page: string, pattern: string): string | undefined {
  return new RegExp(`${pattern}\\n(.*?)\`\`\``, "s").exec(page)?.[1];
}

function examples({ id }: LintRule): { flagged: string; fine: string; options: LintOptions } {
  const page = pageOf(id);
  const flagged = codeIn(page, "## Flagged\\n\\n```dockerfile") ?? "";
  const fine = codeIn(page, "## Fine\\n\\n```dockerfile") ?? "";
  const ignoreFile = codeIn(page, "```dockerignore");
  const baseImage = () => ({ os: "linux", architecture: "arm64", platform: "linux/arm64", env: [] });
  const options = {
    rules: ALL_RULES,
    only: [id],
    ...(ignoreFile === undefined ? {} : { ignorePatterns: parseIgnoreFile(ignoreFile).patterns }),
    ...(id === "InvalidBaseImagePlatform" ? { baseImage } : {}),
  };
  return { flagged, fine, options };
}

/** The second row of the table at the top: severity, on, quick fix, set. */
function factsIn(page: string): string[] {
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  return (rows[2] ?? "")
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

test("each rule has its page, and each page its rule", () => {
  const pages = readdirSync(FOLDER).filter((name) => name !== "README.md");
  expect(pages.toSorted()).toEqual(ALL_RULES.map(({ id }) => `${id}.md`).toSorted());
});

test("ids are in order and met once", () => {
  for (const rules of [BUILDKIT_RULES, TSBUILD_RULES]) {
    const ids = rules.map(({ id }) => id.toLowerCase());
    expect(ids).toEqual([...new Set(ids)].toSorted());
  }
  for (const { id, url } of TSBUILD_RULES) expect(url).toBe(pageUrl(id));
});

describe.each(ALL_RULES.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const page = pageOf(id);
  const { flagged, fine, options } = examples(rule);

  test("the page says what the record says, and the index too", () => {
    expect(page.startsWith(`# ${id}\n\n${rule.title.replace(/\.$/, "")}.\n`)).toBe(true);
    const [severity, on, fix, set] = factsIn(page);
    expect([severity, on]).toEqual([rule.severity ?? "warning", rule.experimental ? "when asked for" : "yes"]);
    expect(fix === "no").toBe(rule.fixable !== true);
    expect(set === "tsbuild").toBe(TSBUILD_RULES.includes(rule));
    const row = readFileSync(resolve(FOLDER, "README.md"), "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| [${id}](${id}.md) |`));
    expect(row).toContain(`| ${rule.title} | ${severity} | ${on} |`);
  });

  test("flags the one example and not the other", () => {
    for (const text of [flagged, fine]) expect(parseDockerfile(text).diagnostics).toEqual([]);
    expect(lintDockerfile(flagged, options).map(({ code }) => code)).toContain(id);
    expect(lintDockerfile(fine, options)).toEqual([]);
  });

  test(rule.fixable ? "mends the example it flags" : "has no fix for the example it flags", () => {
    const { text, applied, remaining } = fixDockerfile(flagged, { ...options, unsafe: true });
    expect(parseDockerfile(text).diagnostics).toEqual([]);
    expect(applied.length > 0).toBe(rule.fixable === true);
    expect(remaining.length === 0).toBe(rule.fixable === true);
    const isSafe = factsIn(page)[2] === "yes";
    expect(fixDockerfile(flagged, options).applied.length > 0).toBe(isSafe);
  });
});
