import type { ParseResult } from "@tsbuild/parser";
import { withoutRanges } from "./without-ranges.ts";

/** What a formatter may change in a tree, brought to one form: capitals of keywords, runs of blanks in commands. */
export function layoutFree({ dockerfile, syntax, diagnostics }: ParseResult): unknown {
  const tree = { dockerfile, heredocs: syntax.nodes.map(({ heredocs }) => heredocs), count: diagnostics.length };
  return JSON.parse(JSON.stringify(withoutRanges(tree)), (key, value: unknown) => {
    if (key === "keyword" && isText(value)) return value.text.toUpperCase();
    if (key === "source") return undefined;
    if (key === "expression" && typeof value === "string") return inCapitals(value);
    if (key === "command" && isText(value)) return value.text.replace(/[ \t]+/g, " ");
    if (key === "comments" && Array.isArray(value)) {
      return value.map((comment: string) => comment.replace(/^[\s#]+/, ""));
    }
    return value;
  });
}

function isText(value: unknown): value is { readonly text: string } {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}

function inCapitals(expression: string): string {
  return expression.toUpperCase().replace(/\s+/g, "");
}
