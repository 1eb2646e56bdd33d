import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { lastAtOrBefore } from "../text/last-at-or-before.ts";

/** Whether findings of a rule on a line are not wanted. */
export type IsIgnored = (rule: string, line: number) => boolean;

const COMMENT = /^tsbuild-ignore(?:\s+(.*))?$/;

/**
 * Reads `# tsbuild-ignore RuleA, RuleB -- reason` above instructions. It counts for findings anywhere in the instruction;
 * without ids for those of all rules.
 */
export function ignoreComments(nodes: readonly SyntaxNode[]): IsIgnored {
  const ignored = nodes.flatMap(({ comments, range }) => {
    const rules = comments.flatMap(rulesIn);
    return rules.length === 0 ? [] : { rules: new Set(rules), first: range.start.line, last: range.end.line };
  });
  const firsts = ignored.map(({ first }) => first);
  return (rule, line) => {
    const found = ignored[lastAtOrBefore(firsts, line)];
    return found !== undefined && line <= found.last && (found.rules.has(rule) || found.rules.has("all"));
  };
}

function rulesIn(comment: string): string[] {
  if (!comment.startsWith("tsbuild-ignore")) return [];
  const match = COMMENT.exec(comment);
  if (match === null) return [];
  const [ids = ""] = (match[1] ?? "").split("--", 1);
  const rules = ids.split(/[\s,]+/).filter((id) => id !== "");
  return rules.length === 0 ? ["all"] : rules;
}
