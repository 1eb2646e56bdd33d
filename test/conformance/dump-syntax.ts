import type { SyntaxNode, SyntaxTree } from "@tsbuild/parser";
import { flagText } from "../../packages/parser/src/syntax/flags.ts";
import { quote } from "../../packages/parser/src/text/go-strings.ts";

const KNOWN =
  /^(add|arg|cmd|copy|entrypoint|env|expose|from|healthcheck|label|maintainer|onbuild|run|shell|stopsignal|user|volume|workdir)$/i;

/** The tree as BuildKit's `Node.Dump` writes it. */
export function dumpSyntax(tree: SyntaxTree): string {
  return tree.nodes.map((node) => `(${dumpNode(node)})`).join("\n");
}

function dumpNode(node: SyntaxNode): string {
  const parts = [node.keyword.text.toLowerCase()];
  if (node.flags.length > 0) parts.push(`[${node.flags.map((flag) => quote(flagText(flag))).join(" ")}]`);
  if (node.child !== undefined) parts.push(`(${dumpNode(node.child)})`);
  parts.push(...node.args.map(({ text }) => quote(text)));
  for (const { key, value, legacy } of node.pairs) {
    parts.push(quote(key.text), quote(value?.text ?? ""), quote(legacy ? "" : "="));
  }
  if (!KNOWN.test(node.keyword.text)) parts.push(quote(""));
  return parts.join(" ");
}
