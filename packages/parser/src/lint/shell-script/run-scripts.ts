import type { Instruction, Stage } from "../../ast.ts";
import type { SyntaxNode } from "../../syntax/syntax-node.ts";
import type { Flow } from "../flow/flow.ts";
import type { StageTree } from "../stage-tree.ts";
import { isPosixShell, setsPipefail } from "./posix-shell.ts";
import { type RunScript, readRunScript, runOf, type StageShell } from "./run-script.ts";

const DEFAULT_SHELL: StageShell = { isPosix: true, hasPipefail: false };
const WINDOWS_SHELL: StageShell = { isPosix: false, hasPipefail: true };
const WINDOWS_IMAGE = /windows|nanoserver|servercore/i;

interface Facts {
  readonly stages: readonly Stage[];
  readonly nodes: readonly SyntaxNode[];
  readonly escapeToken: "\\" | "`";
  readonly flow: Flow;
  readonly tree: StageTree;
}

/** The scripts of all RUNs, in order; those of shells that are not POSIX have no commands. */
export function runScripts({ stages, nodes, escapeToken, flow, tree }: Facts): RunScript[] {
  const nodeAt = new Map(nodes.map((node) => [node.range, node]));
  const images = new Map(flow.froms.map(({ stage, image, platform }) => [stage, `${platform?.text} ${image.text}`]));
  const shells = new Map<Stage, StageShell>();
  const scripts: RunScript[] = [];
  for (const stage of stages) {
    const parent = tree.parentOf(stage);
    const isWindows = escapeToken === "`" || WINDOWS_IMAGE.test(images.get(stage) ?? stage.from.image.text);
    let shell = (parent && shells.get(parent)) ?? (isWindows ? WINDOWS_SHELL : DEFAULT_SHELL);
    for (const whole of stage.instructions) {
      shell = shellBehind(whole, shell);
      const instruction = runOf(whole);
      const node = nodeOf(whole, nodeAt);
      if (instruction === undefined || node === undefined) continue;
      scripts.push(readRunScript({ instruction, node, stage, comments: whole.comments, shell }));
    }
    shells.set(stage, shell);
  }
  return scripts;
}

function shellBehind(instruction: Instruction, shell: StageShell): StageShell {
  if (instruction.kind !== "shell") return shell;
  const [program = "", ...args] = instruction.args;
  return { isPosix: isPosixShell(program), hasPipefail: setsPipefail(args) };
}

function nodeOf(instruction: Instruction, nodeAt: ReadonlyMap<unknown, SyntaxNode>): SyntaxNode | undefined {
  const node = nodeAt.get(instruction.range);
  return instruction.kind === "onbuild" ? node?.child : node;
}
