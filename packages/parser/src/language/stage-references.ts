import type { Flag } from "../ast.ts";
import { type LogicalLine, rangeOf } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import type { StageReference } from "./symbol-index.ts";

interface ReferenceContext {
  readonly line: LogicalLine;
  readonly node: number;
  /** Indexes of the stages above the one that the instruction is in, or begins, by name. */
  readonly earlier: ReadonlyMap<string, number>;
  /** How many there are above. */
  readonly count: number;
}

/** Where an instruction calls stages: in FROM, `COPY --from` and `RUN --mount=from=`. */
export function stageReferences(node: SyntaxNode, context: ReferenceContext): StageReference[] {
  const target = node.child ?? node;
  const kind = target.keyword.text.toLowerCase();
  const { line } = context;
  if (kind === "from") {
    const image = target.args[0];
    const start = image === undefined ? undefined : offsetIn(line, image.range.start);
    return start === undefined ? [] : referenceTo(image?.text ?? "", start, { ...context, numbers: false });
  }
  const numbered = { ...context, numbers: true };
  if (kind === "copy") return target.flags.flatMap((flag) => inFlag(flag, /^--from=(.*)$/s, numbered));
  if (kind === "run") return target.flags.flatMap((flag) => inFlag(flag, /^--mount=(?:.*,)?from=([^,]*)/s, numbered));
  return [];
}

interface NamedContext extends ReferenceContext {
  readonly numbers: boolean;
}

function inFlag({ range }: Flag, pattern: RegExp, context: NamedContext): StageReference[] {
  const { line } = context;
  const start = offsetIn(line, range.start) ?? 0;
  const end = offsetIn(line, range.end) ?? start;
  const match = pattern.exec(line.text.slice(start, end));
  const name = match?.[1];
  if (match === null || name === undefined) return [];
  return referenceTo(name, start + match.index + match[0].length - name.length, context);
}

function referenceTo(name: string, start: number, context: NamedContext): StageReference[] {
  const { line, node, earlier, count, numbers } = context;
  const found = earlier.get(name.toLowerCase());
  const byNumber = numbers && /^\d+$/.test(name) && Number(name) < count ? Number(name) : undefined;
  const stage = found ?? byNumber;
  if (stage === undefined) return [];
  return [{ stage, range: rangeOf(line, start, start + name.length), isName: found !== undefined, node }];
}
