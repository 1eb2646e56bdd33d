import { BuildError } from "@tsbuild/builder";
import { TsbuildError } from "@tsbuild/oci";
import { describe, expect, test } from "vitest";
import { Interrupted } from "./interrupts.ts";
import { renderError, report, SourceError } from "./report.ts";
import type { Terminal } from "./terminal.ts";

const source = { fileName: "app/Dockerfile", text: "FROM debian:12\n\nRUN make \\\n  all\nCOPY x /\n" };
const range = { start: { line: 3, column: 0 }, end: { line: 4, column: 5 } };

describe("an error as text", () => {
  test("a failed command: output, place, message, hint", () => {
    const error = new BuildError("COMMAND_FAILED", 'process "/bin/sh -c make all" exited with 2', {
      range,
      vertexName: "[2/3] RUN make all",
      logTail: ["gcc: no input files"],
      exitCode: 2,
      hint: "look at the output above",
    });
    expect(renderError(error, { source })).toMatchInlineSnapshot(`
      " > [2/3] RUN make all:
         | gcc: no input files

      error: process "/bin/sh -c make all" exited with 2 [COMMAND_FAILED]
        --> app/Dockerfile:3:1
          1 | FROM debian:12
          2 |
      >>> 3 | RUN make \\
      >>> 4 |   all
          5 | COPY x /
          6 |
        hint: look at the output above"
    `);
  });

  test("mistakes in the Dockerfile: each with its lines", () => {
    const error = new BuildError("DOCKERFILE_INVALID", "the Dockerfile has 1 error", {
      diagnostics: [
        {
          code: "UNKNOWN_INSTRUCTION",
          severity: "error",
          message: "unknown instruction: CPOY",
          range,
          hint: "did you mean COPY?",
        },
      ],
    });
    expect(renderError(error, { source })).toMatchInlineSnapshot(`
      "error: unknown instruction: CPOY [UNKNOWN_INSTRUCTION]
        --> app/Dockerfile:3:1
          1 | FROM debian:12
          2 |
      >>> 3 | RUN make \\
      >>> 4 |   all
          5 | COPY x /
          6 |
        hint: did you mean COPY?"
    `);
  });

  test("what is underneath is told once", () => {
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1", { cause: new Error("deeper") });
    const error = new TsbuildError("UNREACHABLE", "cannot reach the registry", { cause, hint: "is it running?" });
    expect(renderError(error)).toBe(
      "error: cannot reach the registry\ncause: connect ECONNREFUSED 127.0.0.1:1\ncause: deeper\nhint: is it running?",
    );
    const repeated = new TsbuildError("X", "cannot read: no such file", { cause: new Error("no such file") });
    expect(renderError(repeated)).toBe("error: cannot read: no such file");
  });
});

describe("exit codes", () => {
  let text = "";
  const terminal = { stderr: { write: (piece: string) => (text += piece) } } as unknown as Terminal;

  test.each([
    [new TsbuildError("USAGE", "wrong"), 2],
    [new TsbuildError("NOT_FOUND", "gone"), 1],
    [new Error("unexpected"), 1],
    [new SourceError(source, { cause: new TsbuildError("USAGE", "wrong") }), 2],
    [new SourceError(source, { cause: new Interrupted("SIGINT") }), 130],
    [new Interrupted("SIGTERM"), 130],
  ])("%s: %d", (error, code) => {
    text = "";
    expect(report(error, { terminal })).toBe(code);
    expect(text).not.toContain("    at ");
  });

  test("--debug shows where it happened", () => {
    text = "";
    report(new Error("unexpected"), { terminal, debug: true });
    expect(text).toContain("    at ");
  });
});
