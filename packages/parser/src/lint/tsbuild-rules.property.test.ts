import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDockerfile } from "../parse.ts";
import type { Range } from "../position.ts";
import { fixDockerfile } from "./fix/fix-dockerfile.ts";
import { lintDockerfile } from "./lint-dockerfile.ts";
import { ALL_RULES } from "./tsbuild-rules.ts";

const OPTIONS = { rules: ALL_RULES, experimental: "all" } as const;

const fragments = fc.constantFrom(
  ...[
    "FROM a\n",
    "FROM b:latest AS c\n",
    "FROM c\n",
    "\nRUN ",
    "\nONBUILD RUN ",
    "\nENV A=",
    "\nARG A=",
    "\nCOPY ",
    "\nADD ",
  ],
  ...[
    "apt-get ",
    "apt ",
    "install ",
    "update ",
    "-y ",
    "pip ",
    "npm ",
    "ci ",
    "cd /a ",
    "sudo ",
    "chmod 777 ",
    "curl -k u ",
  ],
  ...[
    "&& ",
    "| ",
    "; ",
    "|| ",
    "\\\n",
    "$A ",
    "$",
    "'",
    '"',
    "(",
    ")",
    "$(",
    "`",
    "<<EOF ",
    "\nEOF\n",
    "# ",
    "if ",
    "fi ",
    "\r\n",
  ],
  ...[
    '["a", "b"]',
    "['a']",
    "--from=c ",
    "--chmod=777 ",
    "a b c/ ",
    "USER root\n",
    "CMD x\n",
    "# tsbuild-ignore\n",
    "\ufeff",
    "\u{1f600}",
  ],
);
const texts = fc.oneof(
  fc.array(fragments, { maxLength: 40 }).map((parts) => `FROM x:1\n${parts.join("")}`),
  fc.string({ unit: "binary", maxLength: 200 }),
);

function isInText({ start, end }: Range, text: string): boolean {
  const lines = text.split("\n");
  const fits = ({ line, column }: Range["start"]) =>
    line >= 1 && column >= 0 && column <= (lines[line - 1]?.length ?? 0);
  return fits(start) && fits(end) && (start.line < end.line || (start.line === end.line && start.column <= end.column));
}

describe("all rules", () => {
  test("never throw, on any text; findings stand in it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const { range } of lintDockerfile(text, OPTIONS)) expect(isInText(range, text)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test("what fixes write has no new errors", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { text: mended } = fixDockerfile(text, { ...OPTIONS, unsafe: true });
        const errors = (source: string) => parseDockerfile(source).diagnostics.length;
        expect(errors(mended)).toBeLessThanOrEqual(errors(text));
      }),
      { numRuns: 500 },
    );
  });
});

/** Large inputs, made to hurt rules that look at things twice. */
const HOSTILE: readonly (readonly [string, string])[] = [
  [
    "stages on each other",
    `FROM a AS s0\n${Array.from({ length: 4000 }, (_, i) => `FROM s${i} AS s${i + 1}\n`).join("")}`,
  ],
  ["stages with variables", "ARG a=b\nFROM $a-x AS c\nRUN y\n".repeat(2000)],
  ["calls", `FROM a\nRUN ${"apt-get install b && ".repeat(5000)}c`],
  ["instructions", `FROM a\n${"RUN apt-get update && pip install a | sudo b\n".repeat(3000)}`],
  ["pipes", `FROM a\nRUN ${"a | ".repeat(15_000)}b`],
  ["arguments", `FROM a\nRUN chmod 777 ${"$a ".repeat(20_000)}`],
  ["ARGs", `FROM a\n${"ARG a=$a\n".repeat(6000)}COPY $a /`],
  ["global ARGs", `${Array.from({ length: 4000 }, (_, i) => `ARG a${i}=$a${i - 1}\n`).join("")}FROM $a1\nRUN $a2 $a3`],
  ["ENVs", `FROM a\n${"ENV a=$a b=$c\n".repeat(4000)}`],
  ["one ENV", `FROM a\nENV ${"a=$b b=$a ".repeat(5000)}`],
  ["a long value", `FROM a\nENV a=${"a://b:".repeat(10_000)} b=${"eyJ".repeat(15_000)}`],
  ["COPY --from", `FROM a AS abc\n${"COPY --from=abd x y\n".repeat(4000)}`],
  ["here-document", `FROM a\nRUN <<EOF\n${"apt install a | b\n".repeat(6000)}EOF`],
  ["ignore comments", `FROM a\n${"# tsbuild-ignore X\nRUN sudo x\n".repeat(2000)}`],
];

// No figures: in the time the runner gives, nothing quadratic in earnest comes to an end here.
test.each(HOSTILE)("time: %s", (_, text) => {
  expect(lintDockerfile(text, OPTIONS).length).toBeGreaterThanOrEqual(0);
});
