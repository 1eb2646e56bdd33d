import type {
  MaintainerInstruction,
  StopsignalInstruction,
  UserInstruction,
  Word,
  WorkdirInstruction,
} from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { exactlyOneArgument } from "./argument-errors.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

export function readMaintainer(node: SyntaxNode): MaintainerInstruction {
  return { ...baseOf("maintainer", node), name: onlyArgument(node, "MAINTAINER") };
}

export function readUser(node: SyntaxNode): UserInstruction {
  return { ...baseOf("user", node), user: onlyArgument(node, "USER") };
}

export function readWorkdir(node: SyntaxNode): WorkdirInstruction {
  return { ...baseOf("workdir", node), path: onlyArgument(node, "WORKDIR") };
}

/** Flags of STOPSIGNAL are read and ignored, as BuildKit does. */
export function readStopsignal(node: SyntaxNode): StopsignalInstruction {
  return { ...baseOf("stopsignal", node), signal: onlyArgument({ ...node, flags: [] }, "STOPSIGNAL") };
}

function onlyArgument(node: SyntaxNode, name: string): Word {
  const [argument] = node.args;
  if (argument === undefined || node.args.length !== 1) throw exactlyOneArgument(node, name);
  checkFlags(node.flags, {});
  return argument;
}
