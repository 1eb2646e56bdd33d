import type { Instruction, OnbuildInstruction } from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { Problem } from "../text/problem.ts";
import { atLeastOneArgument } from "./argument-errors.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

/** Reads the trigger with `readTrigger`, which is the reader of all instructions. */
export function readOnbuild(node: SyntaxNode, readTrigger: (node: SyntaxNode) => Instruction): OnbuildInstruction {
  const { child } = node;
  if (child === undefined) throw atLeastOneArgument(node, "ONBUILD");
  checkFlags(node.flags, {});
  const keyword = child.keyword.text.toUpperCase();
  if (keyword === "ONBUILD") {
    const message = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
    throw new Problem("ONBUILD_INVALID", message, child.keyword.range);
  }
  if (keyword === "MAINTAINER" || keyword === "FROM") {
    throw new Problem("ONBUILD_INVALID", `${keyword} isn't allowed as an ONBUILD trigger`, child.keyword.range);
  }
  return { ...baseOf("onbuild", node), expression: expressionOf(node), instruction: tryRead(node, child, readTrigger) };
}

/** The text behind ONBUILD with the bodies of its here-documents: a Dockerfile of one instruction. */
function expressionOf(node: SyntaxNode): string {
  const trigger = node.text.replace(/^\s*ONBUILD\s*/i, "");
  return trigger + node.heredocs.map(({ rawContent, name }) => `\n${rawContent}${name}`).join("");
}

/** A trigger that has an error is none of this file's business: it shows when the trigger runs. */
function tryRead(
  node: SyntaxNode,
  child: SyntaxNode,
  read: (node: SyntaxNode) => Instruction,
): Instruction | undefined {
  try {
    return read({ ...child, heredocs: node.heredocs });
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
