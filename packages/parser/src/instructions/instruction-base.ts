import type { Flag, Word } from "../ast.ts";
import type { Range } from "../position.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";

interface Base<Kind extends string> {
  readonly kind: Kind;
  readonly keyword: Word;
  readonly flags: readonly Flag[];
  readonly range: Range;
  readonly source: string;
  readonly comments: readonly string[];
}

/** What every typed instruction takes over from its syntax. */
export function baseOf<Kind extends string>(kind: Kind, node: SyntaxNode): Base<Kind> {
  const { keyword, flags, range, source, comments } = node;
  return { kind, keyword, flags, range, source, comments };
}
