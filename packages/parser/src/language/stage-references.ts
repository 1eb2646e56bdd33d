import type { Flag } from "../ast.ts";
import { type LogicalLine, rangeOf } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import type { StageReference, StageSymbol } from "./symbol-index.ts";

interface ReferenceContext {
  readonly line: LogicalLine;
  readonly node: number;
  /** Those above, and the one that the instruction is in. */
  readonly stages: readonly StageSymbol[];
}

/** Where an instruction calls stages: in FROM, `COPY --from` and `RUN --mount=from=`. */
export function stageReferences(node: SyntaxNode, context: ReferenceContext): StageReference[] {
  const target = node.child ?? node;
  const kind = target.keyword.text.toLowerCase();
  const { line, stages } = context;
  if (kind === "from") {
    const image = target.args[0];
    const start = image === undefined ? undefined : offsetIn(line, image.range.start);
    return start === undefined ? [] : referenceTo(image?.text ?? "", start, { ...context, numbers: false });
  }
  const earlier = { ...context, stages: stages.slice(0, -1), numbers: true };
  if (kind === "copy") return target.flags.flatMap((flag) => inFlag(flag, /^--from=(.*)$/s, earlier));
  if (kind === "run") return target.flags.flatMap((flag) => inFlag(flag, /^--mount=(?:.*,)?from=([^,]*)/s, earlier));
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

function referenceTo(name: string, start: number, { line, node, stages, numbers }: NamedContext): StageReference[] {
  const found = stages.findLast((stage) => stage.name === name.toLowerCase());
  const byNumber = numbers && found === undefined && /^\d+$/.test(name) ? stages[Number(name)] : undefined;
  const stage = found ?? byNumber;
  if (stage === undefined || name === "") return [];
  return [{ stage: stage.index, range: rangeOf(line, start, start + name.length), isName: found !== undefined, node }];
}
