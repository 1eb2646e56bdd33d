import { expect, test } from "vitest";
import { formatDiagnostic, parseDockerfile } from "./index.ts";

function firstError(text: string, options = {}): string {
  const [diagnostic] = parseDockerfile(text).diagnostics;
  return diagnostic === undefined ? "" : formatDiagnostic(diagnostic, text, options);
}

test("shows the line, what is wrong with it and what was meant", () => {
  const shown = firstError("FROM alpine\nCOPY --form=build a b\nRUN x\n", { fileName: "app/Dockerfile" });
  expect(shown.split("\n")).toEqual([
    "error: unknown flag: --form (did you mean from?) [UNKNOWN_FLAG]",
    "  --> app/Dockerfile:2:6",
    "    1 | FROM alpine",
    ">>> 2 | COPY --form=build a b",
    "      |      ^^^^^^^^^^^^",
    "    3 | RUN x",
    "    4 |",
    "  hint: write --from",
    "  fix: Change to --from",
  ]);
});

test("marks all lines of a range that goes over several", () => {
  const shown = firstError("FROM alpine\nHEALTHCHECK \\\n  CMD\nRUN x");
  expect(shown.split("\n").filter((line) => line.startsWith(">>>"))).toEqual([
    ">>> 2 | HEALTHCHECK \\",
    ">>> 3 |   CMD",
  ]);
});

test("lets no file write escape sequences to the terminal", () => {
  expect(firstError("FROM alpine\n\u001b[2JRUN x")).not.toContain("\u001b");
  expect(firstError("FROM alpine\nRNU x", { color: true })).toContain("\u001b[31m");
});
