import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { readInstruction } from "./instructions/read-instruction.ts";
import { readSyntax } from "./syntax/read-syntax.ts";
import type { SyntaxNode, SyntaxTree } from "./syntax/syntax-node.ts";
import { Problem } from "./text/problem.ts";

export interface ParseResult {
  /** All instructions without errors. */
  readonly dockerfile: Dockerfile;
  /** All of them errors; empty where BuildKit would accept the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every instruction as written, broken ones included. */
  readonly syntax: SyntaxTree;
}

/**
 * Reads a Dockerfile as BuildKit's front end does. Never throws and reads on behind errors: a broken instruction is one
 * diagnostic and is left out of the tree; what follows a broken FROM is checked and left out too.
 */
export function parseDockerfile(text: string): ParseResult {
  const { directives, escapeToken, diagnostics, nodes, emptyContinuations } = readSyntax(text);
  const builder = createStageBuilder();
  const problems = [...diagnostics];
  for (const node of nodes) {
    const diagnostic = readInto(builder, node);
    if (diagnostic !== undefined) problems.push(diagnostic);
  }
  if (nodes.length === 0) problems.push(emptyFile());
  return {
    dockerfile: { directives, escape: escapeToken, ...builder.result() },
    diagnostics: problems,
    syntax: { nodes, emptyContinuations },
  };
}

function readInto(builder: StageBuilder, node: SyntaxNode): Diagnostic | undefined {
  try {
    if (node.error !== undefined) return builder.skip(node, node.error);
    builder.add(readInstruction(node));
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return builder.skip(node, error.diagnostic);
    throw error;
  }
}

interface StageBuilder {
  /** @throws Problem where no stage has begun */
  add(instruction: Instruction): void;
  /** Notes that an instruction is broken; answers with its diagnostic. */
  skip(node: SyntaxNode, diagnostic: Diagnostic): Diagnostic;
  result(): { globalArgs: readonly ArgInstruction[]; stages: readonly Stage[] };
}

function createStageBuilder(): StageBuilder {
  const globalArgs: ArgInstruction[] = [];
  const stages: Stage[] = [];
  let current: { from: FromInstruction; instructions: Exclude<Instruction, FromInstruction>[] } | undefined;
  let fromIsBroken = false;

  function endStage(): void {
    if (current === undefined) return;
    const { from, instructions } = current;
    const end = (instructions.at(-1) ?? from).range.end;
    const name = from.stageName?.text.toLowerCase();
    stages.push({ index: stages.length, name, from, instructions, range: { start: from.range.start, end } });
    current = undefined;
  }

  return {
    add(instruction) {
      if (instruction.kind === "from") {
        endStage();
        fromIsBroken = false;
        current = { from: instruction, instructions: [] };
      } else if (current !== undefined) current.instructions.push(instruction);
      else if (instruction.kind === "arg" && !fromIsBroken) globalArgs.push(instruction);
      else if (!fromIsBroken) throw noStage(instruction);
    },
    skip(node, diagnostic) {
      if (node.keyword.text.toLowerCase() === "from") {
        endStage();
        fromIsBroken = true;
      }
      return diagnostic;
    },
    result() {
      endStage();
      return { globalArgs, stages };
    },
  };
}

function noStage({ keyword }: Instruction): Problem {
  return new Problem("NO_STAGE", "no build stage in current context", keyword.range, {
    hint: `write FROM in front of ${keyword.text.toUpperCase()}; only ARG may stand above it`,
  });
}

function emptyFile(): Diagnostic {
  const start = { line: 1, column: 0 };
  return new Problem(
    "EMPTY_FILE",
    "file with no instructions",
    { start, end: start },
    { hint: "a Dockerfile begins with FROM" },
  ).diagnostic;
}
