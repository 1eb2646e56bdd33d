import type { ExposeInstruction, VolumeInstruction } from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { trimSpaces } from "../text/go-strings.ts";
import { Problem } from "../text/problem.ts";
import { atLeastOneArgument } from "./argument-errors.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

/** Ports stay in the order of the text; BuildKit sorts them before it expands them. */
export function readExpose(node: SyntaxNode): ExposeInstruction {
  if (node.args.length === 0) throw atLeastOneArgument(node, "EXPOSE");
  checkFlags(node.flags, {});
  return { ...baseOf("expose", node), ports: node.args };
}

export function readVolume(node: SyntaxNode): VolumeInstruction {
  if (node.args.length === 0) throw atLeastOneArgument(node, "VOLUME");
  checkFlags(node.flags, {});
  const paths = node.args.map(({ text, range }) => ({ text: trimSpaces(text), range }));
  const empty = paths.find(({ text }) => text === "");
  if (empty === undefined) return { ...baseOf("volume", node), paths };
  throw new Problem("ARGUMENT_EMPTY", "VOLUME specified can not be an empty string", empty.range);
}
