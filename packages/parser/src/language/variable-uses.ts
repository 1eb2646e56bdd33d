import type { Heredoc } from "../ast.ts";
import type { Range } from "../position.ts";
import { type LogicalLine, rangeOf } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { findVariables } from "./find-variables.ts";

/** Instructions whose arguments, in JSON form, reach no shell and are not expanded. */
const EXEC_FORMS: ReadonlySet<string> = new Set(["run", "cmd", "entrypoint", "healthcheck"]);
const WITHOUT_VARIABLES: ReadonlySet<string> = new Set(["shell", "maintainer"]);

/** Where an instruction uses variables, those of the shells of its commands included: the ranges of the names. */
export function variableUses(
  node: SyntaxNode,
  line: LogicalLine,
  escapeToken: string,
): { readonly name: string; readonly range: Range }[] {
  const target = node.child ?? node;
  const kind = target.keyword.text.toLowerCase();
  const from = offsetIn(line, target.keyword.range.end) ?? 0;
  const to = target.json && EXEC_FORMS.has(kind) ? (offsetIn(line, target.argsRange.start) ?? from) : line.text.length;
  const text = WITHOUT_VARIABLES.has(kind) ? "" : line.text.slice(from, to);
  const inLine = findVariables(text, { escapeToken, quotes: true }).map(({ name, start, end }) => ({
    name,
    range: rangeOf(line, from + start, from + end),
  }));
  return [...inLine, ...node.heredocs.flatMap((heredoc) => usesInBody(heredoc, kind))];
}

/** RUN's shell reads a body, also a quoted one when that is the script; of ADD and COPY only unquoted ones are expanded. */
function usesInBody(
  { rawContent, range, expand }: Heredoc,
  kind: string,
): { readonly name: string; readonly range: Range }[] {
  if (kind !== "run" && !expand) return [];
  let { line } = range.start;
  let lineStart = 0;
  return findVariables(rawContent, { escapeToken: "\\", quotes: kind === "run" }).map(({ name, start, end }) => {
    for (let feed = rawContent.indexOf("\n", lineStart); feed >= 0 && feed < start; ) {
      line += 1;
      lineStart = feed + 1;
      feed = rawContent.indexOf("\n", lineStart);
    }
    return {
      name,
      range: { start: { line, column: start - lineStart }, end: { line, column: end - lineStart } },
    };
  });
}
