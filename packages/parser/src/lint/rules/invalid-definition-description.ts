import type { SyntaxNode } from "../../syntax/syntax-node.ts";
import type { LintRule } from "../rule.ts";

export const invalidDefinitionDescription: LintRule = {
  id: "InvalidDefinitionDescription",
  title:
    "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
  url: "https://docs.docker.com/go/dockerfile/rule/invalid-definition-description/",
  experimental: true,
  *check({ nodes }) {
    for (const node of nodes) {
      const names = definedNames(node);
      const [first] = names;
      const comment = node.comments.at(-1);
      if (first === undefined || comment === undefined || names.includes(comment.split(" ", 1)[0] ?? "")) continue;
      const example = names.length > 1 ? "<arg_key>" : first;
      const message = `Comment for ${node.keyword.text.toUpperCase()} should follow the format: \`# ${example} <description>\``;
      yield { range: node.range, comments: node.comments, message };
    }
  },
};

function definedNames({ keyword, args }: SyntaxNode): string[] {
  const kind = keyword.text.toLowerCase();
  if (kind === "arg") return args.map(({ text }) => text.split("=", 1)[0] ?? "");
  return kind === "from" && args[2] !== undefined ? [args[2].text.toLowerCase()] : [];
}
