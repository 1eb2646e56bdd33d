import type { ArgInstruction, EnvInstruction, KeyValue, LabelInstruction, Word } from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { atLeastOneArgument, blankName } from "./argument-errors.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

export function readEnv(node: SyntaxNode): EnvInstruction {
  return { ...baseOf("env", node), pairs: checkPairs(node, "ENV") };
}

export function readLabel(node: SyntaxNode): LabelInstruction {
  return { ...baseOf("label", node), pairs: checkPairs(node, "LABEL") };
}

/** Flags of ARG are read and ignored, as BuildKit does. */
export function readArg(node: SyntaxNode): ArgInstruction {
  if (node.args.length === 0) throw atLeastOneArgument(node, "ARG");
  const pairs = node.args.map(splitPair);
  if (pairs.some(({ key }) => key.text === "")) throw blankName(node, "ARG");
  return { ...baseOf("arg", node), pairs };
}

function checkPairs(node: SyntaxNode, name: string): readonly KeyValue[] {
  checkFlags(node.flags, {});
  if (node.pairs.length === 0) throw atLeastOneArgument(node, name);
  if (node.pairs.some(({ key }) => key.text === "")) throw blankName(node, name);
  return node.pairs;
}

function splitPair(word: Word): KeyValue {
  const equals = word.text.indexOf("=");
  if (equals < 0) return { key: word, value: undefined, legacy: false };
  const { start, end } = word.range;
  const at = { line: start.line, column: start.column + equals };
  // A word that goes over several lines cannot be measured by its length: then key and value share its range.
  const isOneLine = start.line === end.line && end.column - start.column === word.text.length;
  const keyRange = isOneLine ? { start, end: at } : word.range;
  const valueRange = isOneLine ? { start: { ...at, column: at.column + 1 }, end } : word.range;
  return {
    key: { text: word.text.slice(0, equals), range: keyRange },
    value: { text: word.text.slice(equals + 1), range: valueRange },
    legacy: false,
  };
}
