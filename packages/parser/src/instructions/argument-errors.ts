import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { Problem } from "../text/problem.ts";

export function atLeastOneArgument(node: SyntaxNode, name: string): Problem {
  return new Problem("ARGUMENT_MISSING", `${name} requires at least one argument`, node.range);
}

export function exactlyOneArgument(node: SyntaxNode, name: string): Problem {
  const code = node.args.length === 0 ? "ARGUMENT_MISSING" : "ARGUMENT_SURPLUS";
  return new Problem(code, `${name} requires exactly one argument`, node.range);
}

export function blankName(node: SyntaxNode, name: string): Problem {
  return new Problem("NAME_BLANK", `${name} names can not be blank`, node.range, {
    hint: "write a name in front of =, without a blank between them",
  });
}
